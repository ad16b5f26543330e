// A choice of part, a slider for its weight, and below them what Python says of it.
// All that is shown as HTML was made by Python, where names and answers are text.

function made(kind, settings = {}, ...inside) {
  const one = Object.assign(document.createElement(kind), settings);
  one.append(...inside);
  return one;
}

function render({ model, el }) {
  const words = model.get("words");
  const parts = model.get("parts");
  const shown = (weight) =>
    weight.toLocaleString(model.get("language"), { maximumFractionDigits: 3 });

  const choice = made(
    "select", {}, ...parts.map((part) => made("option", { value: part.key }, part.label)),
  );
  const slider = made("input", { type: "range", min: "0" });
  const weight = made("span", { ariaHidden: "true" });
  const result = made("div", {}, words.slider_start);
  result.setAttribute("role", "status");
  for (const one of [choice, slider]) {
    // JupyterLab takes keys for itself from all that does not say this.
    one.setAttribute("data-lm-suppress-shortcuts", "true");
    one.style.font = "inherit";
  }
  slider.style.width = "20em";

  const chosen = () => parts.find((part) => part.key === choice.value);
  const tell = () => {
    weight.textContent = shown(Number(slider.value));
    slider.setAttribute("aria-valuetext", weight.textContent);
  };
  const start = () => {
    slider.max = chosen().most;
    slider.step = chosen().step;
    slider.value = chosen().weight;
    tell();
  };
  let nth = model.get("answered");
  const ask = () => {
    nth += 1;
    result.setAttribute("aria-busy", "true");
    result.textContent = words.slider_wait;
    model.set("asked", { part: choice.value, weight: Number(slider.value), nth });
    model.save_changes();
  };
  const answer = () => {
    if (model.get("answered") !== nth) return; // another question is on its way
    result.removeAttribute("aria-busy");
    result.innerHTML = model.get("page");
  };

  choice.addEventListener("change", start);
  slider.addEventListener("input", tell);
  slider.addEventListener("change", ask);
  model.on("change:answered", answer);
  if (parts.length) start();

  const line = (word, ...inside) =>
    made("label", { style: "display: flex; gap: .6em; margin: .4em 0" }, word, ...inside);
  el.append(
    made(
      "div", { style: "font: 14px/1.45 system-ui, sans-serif; padding: .25rem .5rem" },
      line(words.slider_part, choice), line(words.slider_weight, slider, weight), result,
    ),
  );
  return () => model.off("change:answered", answer);
}

export default { render };
