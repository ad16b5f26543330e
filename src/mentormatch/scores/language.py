"""What tells Swedish from English, and which words say nothing about a topic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

#: Function words that Swedish has and English has not.
SWEDISH = frozenset(
    """
    och i att det som en på är av för med den till om har de ett vi så var kan jag du mig dig
    sig han hon hen man men inte eller när hur vad vem vilka vilken vilket varför där här från
    över under mellan efter utan inom mot vid hos genom också även bara mer mest mycket många
    några någon något alla allt andra annan annat skulle ska vill vara varit blir bli blev hade
    får få fått min mitt mina din ditt dina sin sitt sina vår vårt våra er ert era deras dess
    denna detta dessa eftersom medan innan sedan då nu än ju gärna både samt såväl någonting
    ingen inget inga kunna vilja måste borde behöver behöva gör göra gjort ser se tycker tror
    känner annars kring särskilt speciellt framför främst exempelvis exempel bland etc ungefär
    ganska väldigt hjälp hjälpa råd stöd lära lär veta berätta dela erbjuda erbjuder söker söka
    önskar intresserad intresse intressen handledning adept mentor mentorskap mål målet fråga
    frågor eget egen egna arbeta arbetar arbetat jobba jobbar jobbat läsa läser läst prata
    pratar
    """.split()  # noqa: SIM905  (shorter than a list of strings)
)

#: Function words that English has and Swedish has not.
ENGLISH = frozenset(
    """
    the a an and or of to in is am are was were be been being it its that this these those with
    for on at by from as about into over under between after before without within against
    through during i me my mine you your yours he him his she her they them their we us our who
    whom whose which what when where why how not no nor but if then than so because while also
    too very more most much many some any all other another such only just both each few own
    same can could will would shall should may might must do does did doing have has had having
    get gets got like want wants need needs know learn learning help helping advice support
    share sharing offer offers offering seek seeking looking wish hope interested interest
    interests mentor mentee mentoring mentorship goal goals question questions work works
    working worked talk talking discuss especially particularly mainly mostly etc example
    """.split()  # noqa: SIM905  (shorter than a list of strings)
)

#: Words of both languages, and pieces of markup and addresses, that are no topic either.
NEITHER = frozenset(
    """
    www http https com se org nbsp amp via per pro ok mm dvs tex bl eg ie don ll ve re doesn
    didn isn aren won couldn wouldn
    """.split()  # noqa: SIM905  (shorter than a list of strings)
)

#: Words that anybody writes about anything, so that sharing them says nothing.
EMPTY = frozenset(
    """
    year years now one first last meet meets met meeting meetings become becomes became come came
    coming make makes made making give gives given giving gladly glad welcome ask asks asked asking
    people person day days today good better best well useful time times see seen say said still
    often always never yet new old long little big small large great lot lots part parts use used
    using able really maybe perhaps thought thoughts thing things way ways take takes taken think
    read reads job jobs workplace
    år året åren dag dagen dagar första först bra bättre bäst bästa tankar tanke tänka vägen väg
    vägar sätt gång gånger gången glad glada gärna liten lite litet stor stora stort små hålla
    håller förstå förstår ny nya nytt gammal gamla komma kommer kom kommit gå går gick ge ger gav
    ta tar tog tagit säga säger sade sa sak saker del delar tid tiden tider alltid aldrig ofta ännu
    idag välkommen välkomna människor människa träffa träffas möte möten mötas bli blivit
    arbete arbetet jobb jobbet jobben arbetsplatsen
    """.split()  # noqa: SIM905  (shorter than a list of strings)
)

STOP_WORDS = SWEDISH | ENGLISH | NEITHER | EMPTY

_SWEDISH_ONLY = SWEDISH - ENGLISH
_ENGLISH_ONLY = ENGLISH - SWEDISH
_SWEDISH_ENDINGS = (
    "ning", "ningen", "ningar", "het", "heten", "skap", "skapet", "ologi", "ologin", "grafi",
    "isk", "iskt", "iska", "lig", "ligt", "liga", "ande", "ende", "arna", "erna", "orna", "are",
    "aren", "itet", "iteten", "tionen", "iv", "ivt", "era", "erar", "ik", "iken", "kt", "ör",
)  # fmt: skip
_ENGLISH_ENDINGS = (
    "ology", "graphy", "ics", "ity", "ies", "ly", "ness", "ship", "ships", "nce", "nces", "cal",
    "ment", "ments", "ous", "ful", "ive", "ing", "tions", "ers", "gy", "cy", "ry", "ty", "ated",
)  # fmt: skip


def signs_of(words: Sequence[str]) -> tuple[int, int]:
    """Return how much in case-folded words speaks for Swedish, and how much for English.

    A function word counts three, the letters å, ä and ö two, a typical ending one.

    Examples
    --------
    >>> signs_of("jag vill forska om klimatet".split()), signs_of(["leadership"])
    ((9, 0), (0, 1))
    """
    signs = [_signs(word) for word in words]
    return sum(one for one, _ in signs), sum(other for _, other in signs)


@lru_cache(maxsize=1 << 18)
def _signs(word: str) -> tuple[int, int]:
    swedish = 3 * (word in _SWEDISH_ONLY) + 2 * any(letter in word for letter in "åäö")
    english = 3 * (word in _ENGLISH_ONLY)
    if word.endswith(_SWEDISH_ENDINGS):
        swedish += 1
    elif word.endswith(_ENGLISH_ENDINGS):
        english += 1
    return swedish, english
