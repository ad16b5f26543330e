"""Tests of the report page: what stands on it, that it is safe, and that it works in a browser."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from mentormatch.telling.numbers import add_up, number
from mentormatch.telling.report.page import render_page, write_page
from mentormatch.telling.report.plots import count_by_bin, element, histogram, shade, stacked_bar
from mentormatch.telling.story import Story
from mentormatch.words import say
from story_example import FORMULA_NAME, HTML_NAME, LONG_NAME, example_story, large_story
from test_letters import strangers

VOID = {"meta", "input", "br", "img", "link", "hr", "wbr"}


class Page(HTMLParser):
    """Reads a page into its tags, its visible text, and the tags that were left open."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module", params=["en", "sv"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render_page(example_story(request.param)))


def test_every_tag_is_closed_and_no_id_stands_twice(page: Page) -> None:
    """The page is well formed, and what labels point to exists once."""
    assert page.faults == []
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for name in ("aria-labelledby", "aria-controls", "for"):
            assert set((attributes.get(name) or "").split()) <= set(ids)
        if (attributes.get("href") or "").startswith("#"):
            assert attributes["href"][1:] in ids


@pytest.mark.parametrize("language", ["en", "sv"])
def test_everybody_and_every_sentence_stands_on_the_page(language: str) -> None:
    """No pair, no person without a pair, no reason and no setting is left out."""
    story, text = example_story(language), Page(render_page(example_story(language))).text
    for column in ("mentee_name", "mentor_name", "mentee", "mentor", "reasons", "sure"):
        for value in story.pairs[column]:
            assert value in text
    for column in ("id", "name", "reason"):
        for value in story.unmatched[column]:
            assert value in text
    for value in [*story.settings["setting"], *story.settings["value"]]:
        assert value in text
    for heading, table in story.readiness.items():
        assert heading in text
        assert all(str(value) in text for value in table.to_numpy().ravel())
    assert story.summary["proof"] in text
    assert story.summary["stability"] in text


@pytest.mark.parametrize("language", ["en", "sv"])
def test_how_sure_is_explained(language: str) -> None:
    """The words in that column are told apart on the page itself, as in the workbook."""
    text = Page(render_page(example_story(language))).text
    note = say("report.sure_note", language)
    assert note in text
    assert note == say("workbook.sure_note", language)


def test_pairs_to_introduce_are_counted() -> None:
    """The summary says how many pairs the coordinator has to bring together, if there are any."""
    sentence = "In 1 of 12 pairs neither may be given the other's e-mail address"
    assert sentence in Page(render_page(strangers("s03", "m05"))).text
    assert "introduce them yourself" not in Page(render_page(example_story())).text


def test_an_address_breaks_only_where_it_may() -> None:
    """An id that is an e-mail address may break after the @ and before a dot, and is escaped."""
    story = example_story()
    pairs = story.pairs.assign(mentee="a<i>b.c@example.org", mentee_name="")
    page = render_page(replace(story, pairs=pairs))
    assert "a&lt;i&gt;b<wbr>.c@<wbr>example<wbr>.org" in page
    assert "<i>" not in page


@pytest.mark.parametrize(("language", "word"), [("en", "Version"), ("sv", "Version")])
def test_technical_settings_are_folded(language: str, word: str) -> None:
    """Fingerprints and versions stand under a heading to open, the rest in plain view."""
    story = example_story(language)
    extra = pd.DataFrame({"setting": [word], "value": ["numpy 0.0.0"]})
    page = render_page(replace(story, settings=pd.concat([story.settings, extra])))
    before, _, folded = page[page.index('<section id="settings"') :].partition("<details>")
    assert "numpy 0.0.0" in folded
    assert "numpy 0.0.0" not in before
    assert str(story.settings["value"].iloc[0]) in before


def test_no_name_becomes_a_tag_and_no_blank_in_a_name_is_filled(page: Page) -> None:
    """Names that are HTML, scripts, formulas or templates are shown as they were written."""
    for name in (HTML_NAME, FORMULA_NAME, LONG_NAME, "{mentee} %s {0}", "Per <b>Bold</b>"):
        assert name in page.text
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == tags.count("style") == 1
    assert not {"img", "b", "iframe", "link", "object"} & set(tags)
    assert not [name for _, attributes in page.tags for name in attributes if name[:2] == "on"]


def test_a_department_that_is_html_is_escaped_in_pictures_too() -> None:
    """Department names stand in titles of pictures and in tables, never as tags."""
    story = example_story()
    bad = '"><script>x</script>'
    told = {
        name: getattr(story, name).replace("Physics", bad)
        for name in ("pairs", "departments", "loads", "unmatched")
    }
    flows = story.flows.rename(index={"Physics": bad}, columns={"Physics": bad})
    page = Page(render_page(replace(story, flows=flows, **told)))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert page.faults == []


def test_nothing_on_the_page_points_outside_it(page: Page) -> None:
    """No address of another file or server stands in an attribute or in the style."""
    for tag, attributes in page.tags:
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#"), tag
    style = files("mentormatch").joinpath("telling/report/report.css").read_text(encoding="utf-8")
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_one_style_and_one_script() -> None:
    """The page's own policy forbids all else, styles and scripts in attributes included."""
    policy = next(
        attributes["content"]
        for _, attributes in Page(render_page(example_story())).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert len(re.findall(r"'sha256-[\w+/]{43}='", policy)) == 2


def test_numbers_are_written_as_each_language_does() -> None:
    """Swedish has a decimal comma, and a number that is missing is a dash."""
    assert number(1234.5) == "1,234.50"
    assert number(1234.5, language="sv") == "1\u00a0234,50"
    assert number(-0.5) == "\u22120.50"
    assert number(-0.0001) == "0.00"
    assert [number(value) for value in (float("nan"), float("inf"), None, pd.NA)] == ["–"] * 4


@given(st.lists(st.integers(0, 2**20), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_printed_parts_add_up_to_the_printed_score(units: list[int]) -> None:
    """Whatever the parts, their two decimals add up, and none is off by a hundredth."""
    parts = [unit / 2**20 for unit in units]
    rounded = add_up(parts, sum(parts))
    printed = round(float(f"{sum(parts):.2f}") * 100)
    assert sum(round(part * 100) for part in rounded) == printed
    assert all(abs(a - b) < 0.01 + 1e-9 for a, b in zip(parts, rounded, strict=True))


def test_parts_that_do_not_add_up_are_refused() -> None:
    """A report that would show wrong sums is not written."""
    with pytest.raises(ValueError, match="do not add up"):
        add_up([0.4, 0.3], 0.9)


def test_every_pair_shows_parts_that_add_up() -> None:
    """On the page itself, the printed parts of each pair add up to its printed score."""
    text = Page(render_page(example_story())).text
    sums = re.findall(
        r"Department (\d\.\d\d) Interests (\d\.\d\d) Goals (\d\.\d\d) Score (\S+)", text
    )
    assert len(sums) == 12
    for *parts, score in sums:
        assert sum(round(100 * float(part)) for part in parts) == round(100 * float(score))


@pytest.mark.parametrize(
    ("name", "cost", "people", "sentence"),
    [
        ("", float("nan"), 0, "No other mentor was possible"),
        (
            "",
            0.1,
            0,
            "the mentee would have no mentor, and the total score would be lower by 0.10.",
        ),
        ("", -0.1, 1, "would be higher by 0.10. 1 person fewer would have a pair."),
        ("Åsa", 0.1, 0, "Next best mentor: Åsa. This would lower the total score by 0.10."),
        ("Åsa", 0.0, 0, "This would be just as good"),
        ("Åsa", 0.0004, 0, "lower the total score by less than 0.01."),
        ("Åsa", float("nan"), 0, "What this would cost was not worked out."),
        ("Åsa", -0.2, 1, "raise the total score by 0.20. 1 person fewer would have a pair."),
        ("Åsa", 0.2, 3, "lower the total score by 0.20. 3 people fewer would have a pair."),
    ],
)
def test_the_runner_up_is_told_in_words(name: str, cost: float, people: int, sentence: str) -> None:
    """Each kind of price has its own sentence."""
    story = example_story()
    pairs = story.pairs.assign(
        runner_up="m99" if name else "",
        runner_up_name=name,
        runner_up_cost=cost,
        runner_up_people=people,
    )
    text = Page(render_page(replace(story, pairs=pairs))).text
    assert text.count(sentence) == len(pairs)


@pytest.mark.parametrize(
    ("cost", "sentence"),
    [
        (0.1, "would lower the total score by at least 0.10"),
        (float("nan"), "doing without this pair would cost was not worked out"),
    ],
)
def test_a_price_that_is_not_exact_says_so(cost: float, sentence: str) -> None:
    """Where rules leave the price open, the page says "at least", or that it is not known."""
    story = example_story()
    pairs = story.pairs.assign(
        runner_up="", runner_up_name="", runner_up_cost=cost, runner_up_exact=False
    )
    text = Page(render_page(replace(story, pairs=pairs))).text
    assert text.count(sentence) == len(pairs)


def test_the_opening_sentence_fits_every_outcome() -> None:
    """All, some, none or no mentees: the summary says it plainly."""
    story = example_story()

    def lead(matched: int, mentees: int, unmatched: pd.DataFrame) -> str:
        summary = {**story.summary, "matched": matched, "mentees": mentees}
        page = render_page(replace(story, summary=summary, unmatched=unmatched))
        return re.search(r'<p class="lead">(.*?)</p>', page)[1]  # type: ignore[index]

    people, nobody = story.unmatched, story.unmatched.head(0)
    assert lead(14, 14, nobody) == "All 14 mentees have a mentor."
    assert lead(12, 14, people) == (
        "12 of 14 mentees have a mentor. "
        "2 mentees and 4 mentors are without a pair; the reasons are given below."
    )
    assert lead(14, 14, people.tail(1)).endswith(
        "1 mentor is without a mentee; the reason is given below."
    )
    assert lead(0, 2, people.head(2)) == (
        "None of the 2 mentees has a mentor. "
        "2 mentees are without a mentor; the reasons are given below."
    )
    assert lead(0, 0, nobody) == "Nobody signed up as a mentee."


@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_result_without_any_pair_still_makes_a_page(language: str) -> None:
    """Nobody matched, no mentor, no department: the page says so and is whole."""
    story = example_story(language)
    empty = {
        name: getattr(story, name).head(0)
        for name in ("pairs", "unmatched", "departments", "loads", "settings")
    }
    nothing = dict.fromkeys(("mentees", "mentors", "places", "pairs", "matched"), 0)
    unknown = dict.fromkeys(("mean_score", "lowest_score", "bound"), float("nan"))
    summary = {**story.summary, **nothing, **unknown, "total": 0.0}
    flows = story.flows.iloc[:0, :0]
    page = Page(render_page(replace(story, flows=flows, readiness={}, summary=summary, **empty)))
    assert page.faults == []
    assert "nan" not in page.text.lower().split()


def test_scores_without_parts_are_shown_as_they_are() -> None:
    """A raw matrix has no parts, and its scores may lie outside 0 to 1."""
    story = example_story()
    pairs = story.pairs.drop(columns=[f"part: {part}" for part in story.parts])
    pairs = pairs.assign(score=[-3.0, 40.0, *range(10)])
    page = Page(render_page(replace(story, pairs=pairs, parts={})))
    assert "40.00" in page.text
    assert "Department 0" not in page.text


def test_the_page_keeps_small_with_many_mentors() -> None:
    """The picture of mentors' loads has one bar for each number of mentees, not for each mentor."""
    page = render_page(large_story(300))
    section = page[page.index('<section id="loads"') : page.index('<section id="pairs"')]
    assert section.count('class="bar"') <= 9
    assert page.count('<tr role="row" class="why"') == 300


def test_a_pair_between_departments_is_not_marked_as_own() -> None:
    """The frame in the table of flows stands where both departments are the same, only there."""
    cells = re.findall(r'<td class="shade-(\d)( own)?">(\d+)</td>', render_page(example_story()))
    assert cells == [
        ("5", " own", "5"), ("1", "", "1"), ("0", "", "0"),
        ("2", "", "2"), ("4", " own", "4"), ("0", "", "0"),
        ("0", "", "0"), ("0", "", "0"), ("0", " own", "0"),
    ]  # fmt: skip


def test_both_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    """A sentence that is missing in one language would break that page only there."""
    blanks: dict[str, dict[str, set[str]]] = {}
    for language in ("en", "sv"):
        source = files("mentormatch") / "texts" / language / "report.toml"
        sentences = tomllib.loads(source.read_text(encoding="utf-8"))
        blanks[language] = {
            key: set(re.findall(r"{(\w+)}", sentence))
            for key, sentence in sentences.items()
            if not key.endswith("_one")
        }
    assert blanks["en"] == blanks["sv"]


@pytest.mark.parametrize("language", ["en", "sv"])
def test_rules_and_departments_have_their_tables(language: str) -> None:
    """What each rule costs and how each department was served stand in words and figures."""
    story = example_story(language)
    page = render_page(story)
    served = page[page.index('<section id="fairness"') : page.index('<section id="costs"')]
    assert story.fairness_in_short in served
    assert served.count('class="bar"') == 2 * len(story.fairness)
    costs = page[page.index('<section id="costs"') : page.index('<section id="flows"')]
    assert story.costs_in_short in costs
    assert "Costs &lt;much&gt;." in costs
    assert "<b>lends</b>" not in costs, "names of rules are escaped"
    figures = ("at most 1", "at most 0.22") if language == "en" else ("högst 1", "högst 0,22")
    for figure in (*figures, "2 of 2" if language == "en" else "2 av 2"):
        assert f"<span>{figure}</span>" in costs
    assert "0 of 0" not in costs, "a ban has nothing to use up"
    effects = page[page.index('<h3 id="effects"') : page.index('<section id="flows"')]
    point = "." if language == "en" else ","
    for look, count, total in (("gain", "+1", f"+0{point}21"), ("loss", "0", f"\u22120{point}05")):
        cell = f'<td class="{look}"><strong>{count}</strong> <span class="figure">{total}</span>'
        assert cell in effects


def test_rules_that_cost_nothing_are_one_sentence() -> None:
    """A rule that stands in nobody's way takes no row of the table."""
    story = example_story()
    free = story.costs.assign(drop_people=0, drop_total=0.0, drop_exact=True)
    page = render_page(replace(story, costs=free, rule_effects=None))
    costs = page[page.index('<section id="costs"') : page.index('<section id="flows"')]
    assert "<table" not in costs
    assert f"These cost nothing: {escape(story.costs['rule'].iloc[0])}; " in costs


def test_who_lent_to_whom_is_drawn_and_told() -> None:
    """The picture of lending says in words what it shows, and is left out where nobody lent."""
    story = example_story()
    page = render_page(story)
    flows = story.flows.to_numpy()
    lent = int(flows.sum() - flows.trace())
    told = re.search(r'aria-label="Mentors lent between departments: ([^"]*)"', page)
    assert told is not None
    assert sum(int(one) for one in re.findall(r": (\d+)", told[1])) == lent > 0
    assert len(re.findall(r'<path d="', page)) == told[1].count(";") + 1
    alone = replace(story, flows=story.flows * 0)
    assert 'class="between' not in render_page(alone)


def test_every_sentence_is_used() -> None:
    """No sentence lies in the catalogue that nobody can ever read."""
    source = files("mentormatch")
    code = "".join(
        one.read_text(encoding="utf-8")
        for one in source.joinpath("telling/report").iterdir()
        if one.name.endswith((".py", ".html.j2"))
    )
    sentences = tomllib.loads(source.joinpath("texts/en/report.toml").read_text(encoding="utf-8"))
    put_together = ("column_", "costs_", "fairness_bar_", "without_", "unmatched_")
    unused = [
        key
        for key in sentences
        if f'"{key.removesuffix("_one")}"' not in code and not key.startswith(put_together)
    ]
    assert unused == []


def test_the_page_is_the_same_every_time(tmp_path: Path) -> None:
    """Two runs give the same bytes, the file is complete, and nothing is left beside it."""
    path = write_page(example_story(), tmp_path / "report.html")
    first = path.read_bytes()
    assert write_page(example_story(), path).read_bytes() == first
    assert first.decode("utf-8") == render_page(example_story())
    assert b"\r" not in first
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_page_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    """A story that cannot be told does not cost the report that was there."""
    path = write_page(example_story(), tmp_path / "report.html")
    before = path.read_bytes()
    story = example_story()
    with pytest.raises(ValueError, match="do not add up"):
        write_page(replace(story, pairs=story.pairs.assign(score=0.123)), path)
    assert path.read_bytes() == before


def test_pictures_escape_whatever_they_are_given() -> None:
    """Text and attributes of a picture cannot end it."""
    assert str(element("text", "</svg><script>", x='"><b>')) == (
        '<text x="&#34;&gt;&lt;b&gt;">&lt;/svg&gt;&lt;script&gt;</text>'
    )
    assert "<b>" not in stacked_bar([(1, '"><b>')], 2, "<b>")


def test_bars_draw_only_what_has_a_length() -> None:
    """Nothing, less than nothing and not-a-number have no segment; the rest is to scale."""
    bar = stacked_bar([(1, "k1"), (0, "k2"), (float("nan"), "k3"), (-1, "k4"), (3, "k5")], 4, "")
    assert re.findall(r'class="(k\d)" x="([\d.]+%)" width="([\d.]+%)"', bar) == [
        ("k1", "0%", "25%"),
        ("k5", "25%", "75%"),
    ]
    assert "<rect" not in stacked_bar([(1, "k1")], 0, "nothing to compare with")


@given(st.lists(st.floats(0, 1), max_size=50))
@settings(max_examples=50, deadline=None)
def test_every_value_is_counted_once(values: list[float]) -> None:
    """No score falls between two bars."""
    assert sum(count_by_bin(values, 10)) == len(values)


def test_a_value_on_an_edge_belongs_to_the_upper_bar() -> None:
    """0.3 is counted in 0.3 to 0.4 although floats would put it below."""
    assert count_by_bin([k / 10 for k in range(11)], 10) == [1] * 9 + [2]


def test_the_histogram_says_in_words_what_it_shows() -> None:
    """A reader who sees no picture gets the same counts."""
    drawn = histogram(
        [0.05, 0.95, 0.96],
        title="Pairs & scores",
        tell_bin=lambda low, high, count: f"{low:.1f}-{high:.1f}: {count}",
        tell_edge=str,
    )
    assert '<title id="histogram-title">Pairs &amp; scores</title>' in drawn
    assert '<desc id="histogram-desc">0.0-0.1: 1; 0.9-1.0: 2</desc>' in drawn


def test_shades_grow_with_the_value() -> None:
    """Nothing is unshaded, anything at all is shaded, the highest is darkest."""
    shades = [shade(value, 1000) for value in range(1001)]
    assert shades == sorted(shades)
    assert shades[:2] == [0, 1]
    assert shades[-1] == 5
    assert shade(0, 0) == 0


# In a browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.skip(f"none of {', '.join(names)} is installed, so no browser can open the page")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Visit:
    """One visit to the page at a given width, with all that went wrong or went out recorded."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, **settings: Any) -> None:
        self.requests: list[str] = []
        self.refused: list[str] = []
        self.complaints: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
        self.tab = context.new_page()
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on(
            "requestfailed",
            lambda request: self.refused.append(f"{request.url}: {request.failure}"),
        )
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", self._refuse)
        self.tab.goto(path.as_uri())

    def _refuse(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def names(self) -> list[str]:
        """Return the mentees of the rows that are shown, in order."""
        return self.tab.locator("#pair-table tbody:visible th .name").all_inner_texts()

    def focus(self) -> str:
        return str(self.tab.evaluate("document.activeElement.id || document.activeElement.tagName"))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(example_story(), tmp_path_factory.mktemp("page") / "report.html")


def test_nothing_leaves_the_file_and_no_name_runs(browser: Any, example: Path) -> None:
    """Every reason opened, the only request is the page itself, and nobody complains."""
    visit = Visit(browser, example)
    visit.tab.locator("#open-all").click()
    assert visit.tab.locator("#pair-table .why:visible").count() == 12
    visit.tab.locator("#open-all").click()
    assert visit.tab.locator("#pair-table .why:visible").count() == 0
    assert visit.requests == [example.as_uri()]
    assert visit.complaints == []


def test_the_policy_is_obeyed_by_the_browser(browser: Any, example: Path) -> None:
    """Even a name that got into the page as HTML could neither run nor load anything."""
    visit = Visit(browser, example)
    visit.tab.evaluate(
        """() => document.body.insertAdjacentHTML("beforeend",
            '<img src="https://example.org/x.png" onerror="document.title = 1">')"""
    )
    visit.tab.wait_for_function("document.images[0].complete")
    assert visit.refused == ["https://example.org/x.png: csp"]
    assert visit.tab.title() == "Alumni Mentorship Programme 2024-25: the pairs"
    assert any("Content Security Policy" in text for text in visit.complaints)


def test_the_search_works_by_keyboard(browser: Any, example: Path) -> None:
    """Typing leaves the right rows and says how many; Escape brings all back."""
    visit = Visit(browser, example)
    visit.tab.locator("#search").focus()
    visit.tab.keyboard.type("asa oberg")
    # A mentor of that name counts as well, with or without the dots.
    assert visit.names() == ["Åsa Öberg", "Åsa Öberg"]
    assert visit.tab.locator("#hits").inner_text() == "2 of 12 pairs shown."
    visit.tab.keyboard.type(" physics")
    assert visit.tab.locator("#hits").inner_text() == "1 of 12 pairs shown."
    visit.tab.keyboard.type(" zzz")
    assert visit.tab.locator("#hits").inner_text() == "No pair fits this search."
    assert visit.names() == []
    visit.tab.keyboard.press("Escape")
    assert len(visit.names()) == 12
    visit.tab.keyboard.type("erik dahl")
    assert visit.tab.locator("#hits").inner_text() == (
        "No pair fits this search. Without a pair: Erik Dahl."
    )
    visit.tab.keyboard.press("Escape")
    visit.tab.keyboard.type("0012")
    assert visit.names() == ["Zoë Ångström"]
    visit.tab.locator("#clear").focus()
    visit.tab.keyboard.press("Enter")
    assert len(visit.names()) == 12
    assert visit.focus() == "search"
    assert visit.complaints == []


def test_the_department_filter_shows_both_sides(browser: Any, example: Path) -> None:
    """A department's list holds pairs of its mentees and of its mentors."""
    visit = Visit(browser, example)
    visit.tab.locator("#only").select_option("Astronomy")
    pairs = example_story().pairs
    either = (pairs["mentee_department"] == "Astronomy") | (
        pairs["mentor_department"] == "Astronomy"
    )
    assert len(visit.names()) == either.sum() == 7
    visit.tab.locator("#only").select_option("Media Studies")
    assert visit.names() == []


def test_headings_sort_by_keyboard(browser: Any, example: Path) -> None:
    """Enter on a heading sorts up, then down, by number where it is a number, and says so."""
    visit = Visit(browser, example)
    visit.tab.get_by_role("button", name="Score", exact=True).focus()
    visit.tab.keyboard.press("Enter")
    by_score = list(example_story().pairs.sort_values("score", kind="stable")["mentee_name"])
    assert visit.names() == by_score
    heading = visit.tab.locator("th[aria-sort]")
    assert heading.get_attribute("aria-sort") == "ascending"
    visit.tab.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert visit.names()[0] == FORMULA_NAME
    visit.tab.get_by_role("button", name="Mentee", exact=True).click()
    assert visit.names()[-3:] == ["Zoë Ångström", "Åsa Öberg", "Åsa Öberg"]
    assert visit.tab.locator("th[aria-sort]").count() == 1


def test_a_reason_opens_by_keyboard(browser: Any, example: Path) -> None:
    """The button of a row opens that row's reasons and says that they are open."""
    visit = Visit(browser, example)
    button = visit.tab.locator(".toggle button").first
    button.focus()
    visit.tab.keyboard.press("Space")
    assert button.get_attribute("aria-expanded") == "true"
    assert visit.tab.locator(".why:visible").count() == 1
    assert "Next best mentor" in visit.tab.locator(".why:visible").inner_text()


CONTRAST = """() => {
  const light = (c) => {
    const [r, g, b] = c.map(v => v / 255)
      .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const colour = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const poor = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement, style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    if (!texts.currentNode.data.trim() || box.width < 2 || one.closest("script, style")) continue;
    let behind = one, ground = [0, 0, 0, 0];
    while (behind && ground.length > 3 && ground[3] === 0) {
      ground = colour(getComputedStyle(behind).backgroundColor);
      behind = behind.parentElement;
    }
    const ink = colour(one.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(ink.slice(0, 3)), light(ground.slice(0, 3))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(`${one.className} ${texts.currentNode.data.trim()}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(
    browser: Any, tmp_path: Path, scheme: str
) -> None:
    """No letter has less contrast than 4.5 to 1 (WCAG AA), by day or by night."""
    page = write_page(large_story(20), tmp_path / "report.html")
    visit = Visit(browser, page, color_scheme=scheme)
    visit.tab.locator("#open-all").click()
    assert visit.tab.evaluate(CONTRAST) == []


def test_all_that_can_be_scrolled_or_opened_is_reached_by_keyboard(
    browser: Any, example: Path
) -> None:
    """Tab comes to every table that may scroll, to every button, field and fold, and shows it."""
    visit = Visit(browser, example)
    wanted = visit.tab.evaluate(
        "[...document.querySelectorAll('a, button, input, select, summary, [tabindex=\"0\"]')]"
        ".filter(one => one.getClientRects().length).length"
    )
    reached = set()
    for _ in range(wanted + 5):
        visit.tab.keyboard.press("Tab")
        reached.add(
            visit.tab.evaluate(
                "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
            )
        )
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        on_page = "document.activeElement !== document.body"
        assert not visit.tab.evaluate(on_page) or visit.tab.evaluate(outline) != "none"
    assert len(reached) >= wanted


@pytest.mark.parametrize("story", [example_story("en"), large_story(20, "sv")], ids=["en", "sv"])
def test_the_page_never_scrolls_sideways(browser: Any, tmp_path: Path, story: Story) -> None:
    """With everything open, names of 200 letters and eight departments stay inside the page."""
    visit = Visit(browser, write_page(story, tmp_path / "report.html"))
    visit.tab.locator("#open-all").click()
    for width in (360, 768, 1280):
        visit.tab.set_viewport_size({"width": width, "height": 800})
        assert visit.tab.evaluate("document.documentElement.scrollWidth") == width


def test_paper_shows_all_pairs_and_no_search(browser: Any, example: Path) -> None:
    """What a search hides on the screen is printed all the same."""
    visit = Visit(browser, example)
    visit.tab.locator("#search").fill("physics 0011")
    assert visit.names() == ["{mentee} %s {0}"]
    visit.tab.emulate_media(media="print")
    assert len(visit.names()) == 12
    assert not visit.tab.locator("#search").is_visible()


def test_without_javascript_everything_stands_open(browser: Any, example: Path) -> None:
    """A browser that runs no script shows all pairs with all reasons, and no dead buttons."""
    visit = Visit(browser, example, java_script_enabled=False)
    assert visit.tab.locator("#pair-table .why:visible").count() == 12
    assert visit.tab.locator("button:visible, input:visible").count() == 0
