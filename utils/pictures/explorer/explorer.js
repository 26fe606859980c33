// The explorer's half in the browser: draws `view`, and puts what is chosen into `request`.

const BLUE = "56, 132, 236";
const ORANGE = "228, 122, 38";
const MOST_WEIGHTS_BY_HAND = 64; // inputs for one row of attention weights
const GROUPS = [
  ["input", "from text to vectors"],
  ["attention", "block: attention"],
  ["mlp", "block: MLP"],
  ["output", "from vectors to the next token"],
];

// --- small pieces of the page -------------------------------------------------------------------------------

function make(tag, properties = {}, ...children) {
  const { data = {}, style = {}, aria = {}, on = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  Object.assign(element.style, style);
  for (const [name, value] of Object.entries(aria)) {
    element.setAttribute(name === "role" ? "role" : `aria-${name}`, value);
  }
  for (const [event, handler] of Object.entries(on)) element.addEventListener(event, handler);
  element.append(...children.filter((child) => child !== null));
  return element;
}

// A button that keeps the focus when the page is drawn anew: `key` finds it again.
function button(label, key, press, properties = {}) {
  return make("button", { type: "button", data: { key }, on: { click: press }, ...properties }, label);
}

// What an input does when its value has been changed: at Enter, which a page may keep from it, or on leaving it.
function whenEntered(use) {
  let used = null;
  const once = (event) => {
    if (event.target.value !== used) use((used = event.target.value));
  };
  return { change: once, keydown: (event) => event.key === "Enter" && once(event) };
}

function heading(text) {
  return make("h4", { className: "ce-heading" }, text);
}

const number = (value) => (value === null ? "−∞" : String(Math.abs(value) < 1e-4 && value ? value.toExponential(1) : value));
const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(value < 0.1 ? 1 : 0)}%`);
const shade = (value, largest, isWeight) => {
  if (value === null) return "rgba(138, 143, 152, 0.12)";
  const strength = isWeight ? Math.sqrt(Math.abs(value)) : Math.abs(value) / (largest || 1);
  return `rgba(${value < 0 ? ORANGE : BLUE}, ${Math.min(0.9 * strength, 0.9).toFixed(3)})`;
};
const largestOf = (rows) => rows.flat().reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);

// --- the widget ---------------------------------------------------------------------------------------------

class Page {
  constructor(model, el) {
    this.model = model;
    // JupyterLab would take Enter and the arrow keys for its own shortcuts.
    this.root = make("div", { className: "course-explorer", data: { lmSuppressShortcuts: "true" } });
    el.append(this.root);
    this.draw = this.draw.bind(this);
    model.on("change:view", this.draw);
    this.draw();
  }

  stop() {
    this.model.off("change:view", this.draw);
  }

  get request() {
    return this.model.get("request");
  }

  get view() {
    return this.model.get("view");
  }

  choose(changed) {
    this.root.setAttribute("aria-busy", "true");
    this.model.set("request", { ...this.request, ...changed });
    this.model.save_changes();
  }

  draw() {
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const { view } = this;
    const children = [this.texts(), this.message()];
    if (view.tokens) {
      children.push(this.tokens(), this.choices(), this.steps(), this.flow(), this.bottom());
      if (view.other) children.push(this.compared());
    }
    this.root.replaceChildren(...children.filter(Boolean));
    this.root.removeAttribute("aria-busy");
    if (focused) this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  message() {
    if (!this.view.message) return null;
    return make("div", { className: "ce-message", aria: { role: "alert" } }, this.view.message);
  }

  // --- text and tokens

  texts() {
    const line = (label, name, value) =>
      make(
        "label",
        { className: "ce-text" },
        make("span", {}, label),
        make("input", {
          type: "text",
          value,
          data: { key: `text ${name}` },
          spellcheck: false,
          on: whenEntered((text) => this.choose({ [name]: text, ids: [], page: 0 })),
        }),
      );
    const { model } = this.view;
    return make(
      "div",
      { className: "ce-texts" },
      line("text", "text", this.request.text),
      line("compare with", "other", this.request.other ?? ""),
      model
        ? make("div", { className: "ce-quiet" }, `${model.name}: ${model.n_layers} blocks of ${model.n_heads} heads, d_model ${model.d_model}`)
        : null,
    );
  }

  strip(tokens, chosen, label, press) {
    const buttons = tokens.map((token, position) =>
      button(token, `${label} ${position}`, () => press(position), {
        className: "ce-token",
        title: `position ${position}`,
        tabIndex: position === chosen ? 0 : -1,
        aria: { role: "radio", checked: String(position === chosen) },
      }),
    );
    const group = make("div", { className: "ce-tokens", aria: { role: "radiogroup", label } }, ...buttons);
    group.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const next = buttons[chosen + step];
      if (!step || !next) return;
      event.preventDefault();
      next.focus(); // the focus moves along when the page is drawn anew
      press(chosen + step);
    });
    return group;
  }

  tokens() {
    return this.strip(this.view.tokens, this.view.position, "token", (token) => this.choose({ token }));
  }

  // --- block and head

  choices() {
    const { blocks, changed_blocks: changed, heads: lengths, layer, head } = this.view;
    const most = Math.max(...blocks.map((value) => value ?? 0)) || 1;
    const bar = (part) => make("span", { className: "ce-bar", style: { width: `${28 * part}px` } });
    const block = (moved, n) => {
      const parted = changed.length ? `; changed by ${percent(changed[n + 1])}` : "";
      const item = button(String(n), `block ${n}`, () => this.choose({ layer: n, page: 0 }), {
        className: "ce-chip",
        title: `block ${n} moves the vectors by ${percent(moved)} of their length${parted}`,
        aria: { pressed: String(n === layer) },
      });
      item.append(bar((moved ?? 0) / most));
      if (changed[n + 1] > 1e-6) item.classList.add("ce-changed");
      return item;
    };
    const longest = Math.max(...lengths) || 1;
    const heads = lengths.map((length, n) => {
      const item = button(String(n), `head ${n}`, () => this.choose({ head: n, page: 0 }), {
        className: "ce-chip",
        title: `head ${n} writes a vector of length ${number(length)} at the chosen token`,
        aria: { pressed: String(n === head) },
      });
      item.append(bar(length / longest));
      return item;
    });
    return make(
      "div",
      { className: "ce-choices" },
      make("div", { aria: { role: "group", label: "block" } }, make("span", { className: "ce-quiet" }, "block "), ...blocks.map(block)),
      make("div", { aria: { role: "group", label: "head" } }, make("span", { className: "ce-quiet" }, "head "), ...heads),
    );
  }

  // --- the boxes

  steps() {
    const { boxes, open, layer, model } = this.view;
    const at = boxes.findIndex((box) => box.name === open.name);
    const ends = { "block output": [1, "residual stream"], "residual stream": [-1, "block output"] };
    // From the end of a block on to the next one, and back.
    const go = (by) => {
      const [turn, name] = ends[open.name] ?? [0];
      if (turn === by && layer + by in this.view.blocks) return this.choose({ layer: layer + by, box: name, page: 0 });
      if (open.name === "position embeddings" && by === 1) return this.choose({ layer: 0, box: "residual stream", page: 0 });
      if (open.name === "ln_f" && by === -1) return this.choose({ layer: model.n_layers - 1, box: "block output", page: 0 });
      return this.choose({ box: boxes[at + by].name, page: 0 });
    };
    return make(
      "div",
      { className: "ce-choices" },
      button("◀ back", "back", () => go(-1), { className: "ce-action", disabled: at === 0 }),
      button("next ▶", "next", () => go(1), { className: "ce-action", disabled: at === boxes.length - 1 }),
      make("span", { className: "ce-quiet" }, "or open any box"),
    );
  }

  flow() {
    const { view } = this;
    const columns = GROUPS.map(([group, title]) => {
      const boxes = view.boxes.filter((box) => box.group === group).map((box) => this.box(box));
      const shown = title.replace("block", `block ${view.layer}`);
      return make("div", { className: `ce-group ce-${group}`, aria: { role: "group", label: shown } }, heading(shown), ...boxes);
    });
    const flow = make("div", { className: "ce-flow" }, ...columns);
    flow.addEventListener("keydown", (event) => {
      const boxes = [...flow.querySelectorAll(".ce-box")];
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const next = step && boxes[boxes.indexOf(event.target) + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
    return flow;
  }

  box(box) {
    const isOpen = box.name === this.view.open.name;
    const largest = largestOf([box.strip]);
    const isWeights = box.name === "attention weights";
    const strip = box.strip.map((value) => make("i", { style: { background: shade(value, largest, isWeights) } }));
    const item = button("", `box ${box.name}`, () => this.choose({ box: box.name, page: 0 }), {
      className: `ce-box${box.changed ? " ce-changed" : ""}${["q", "k", "v"].includes(box.name) ? " ce-third" : ""}`,
      title: box.changed ? "changed by what you have set by hand" : "",
      aria: { expanded: String(isOpen), label: `${box.name}, shape ${box.shape.join(" by ")}${box.changed ? ", changed" : ""}` },
    });
    item.append(
      make("span", { className: "ce-name" }, box.name),
      make("span", { className: "ce-shape" }, box.shape.map((size) => size.toLocaleString("en")).join(" × ")),
      make("span", { className: "ce-strip" }, ...strip),
    );
    return item;
  }

  // --- the open box, what follows, and what is changed

  bottom() {
    return make("div", { className: "ce-bottom" }, this.opened(), make("div", { className: "ce-side" }, this.predictions(), this.changes()));
  }

  opened() {
    const { open, tokens, ids } = this.view;
    const shape = open.shape.map((size, axis) => `${open.axes[axis]} ${size.toLocaleString("en")}`).join(" · ");
    const panel = make(
      "section",
      { className: "ce-open", aria: { label: open.name } },
      heading(open.name),
      make("p", {}, open.what),
      make("p", { className: "ce-formula" }, open.formula),
      make("p", { className: "ce-quiet" }, `shape: ${shape}. You build it in week ${open.week}.${open.author ? ` Computed here by ${open.author}.` : ""}`),
    );
    if (open.remark) panel.append(make("p", { className: "ce-message" }, open.remark));
    if (open.name === "tokens") panel.append(this.idTable(tokens, ids));
    if (open.rows.length) panel.append(this.numbers());
    const control = this.controls(open.name);
    if (control) panel.append(control);
    return panel;
  }

  idTable(tokens, ids) {
    const rows = tokens.map((token, n) => make("tr", {}, make("td", {}, String(n)), make("td", { className: "ce-mono" }, token), make("td", {}, String(ids[n]))));
    const head = make("tr", {}, ...["position", "token", "id"].map((name) => make("th", {}, name)));
    return make("div", { className: "ce-scroll" }, make("table", {}, head, ...rows));
  }

  numbers() {
    const { open, tokens, position } = this.view;
    const table = new HeatMap(open, tokens, position, (token) => this.choose({ token }));
    const parts = [table.element];
    if (open.rows_before) {
      parts.unshift(
        make(
          "div",
          { className: "ce-choices", aria: { role: "group", label: "numbers" } },
          ...["now", "before", "difference"].map((name) =>
            button(name, `show ${name}`, () => table.show(name), { className: "ce-chip" }),
          ),
        ),
      );
    }
    if (open.pages > 1) {
      const turn = (by) => this.choose({ page: (open.page + by + open.pages) % open.pages });
      const from = open.columns[0];
      const to = open.columns[open.columns.length - 1];
      parts.push(
        make(
          "div",
          { className: "ce-choices" },
          button("←", "page back", () => turn(-1), { className: "ce-chip", aria: { label: "columns before these" } }),
          make("span", { className: "ce-quiet" }, ` ${open.axes[1]} ${from} to ${to} `),
          button("→", "page on", () => turn(1), { className: "ce-chip", aria: { label: "columns after these" } }),
        ),
      );
    }
    parts.push(this.asText(open, tokens, position));
    return make("div", {}, ...parts);
  }

  asText(open, tokens, position) {
    const columns = open.columns.slice(0, 8);
    const places = [...new Set([position, 0, 1, 2, 3].filter((place) => place < open.rows.length))];
    const head = make("tr", {}, make("th", {}, open.axes[1]), ...columns.map((column) => make("th", {}, String(column))));
    const rows = places.map((place) =>
      make("tr", {}, make("th", { className: "ce-mono" }, tokens[place]), ...columns.map((_, n) => make("td", {}, number(open.rows[place][n])))),
    );
    return make("details", { open: this.textIsOpen ?? false, on: { toggle: (event) => (this.textIsOpen = event.target.open) } }, make("summary", { data: { key: "as text" } }, "numbers as text"), make("div", { className: "ce-scroll" }, make("table", {}, head, ...rows)));
  }

  predictions() {
    const { predictions: found, tokens, position } = this.view;
    const rows = found.tokens.map((token, n) => {
      const now = found.now[n];
      const before = found.before.length ? found.before[n] : null;
      const bar = make("span", { className: "ce-track" }, make("span", { className: "ce-now", style: { width: `${100 * now}%` } }));
      if (before !== null) bar.append(make("span", { className: "ce-before", style: { width: `${100 * before}%` } }));
      const text = before === null ? percent(now) : `${percent(now)}, was ${percent(before)}`;
      return make("tr", {}, make("th", { className: "ce-mono" }, token), make("td", {}, bar), make("td", {}, text), make("td", { className: "ce-quiet" }, number(found.logits[n])));
    });
    const head = make("tr", {}, make("th", {}, "token"), make("th", {}, ""), make("th", {}, "probability"), make("th", {}, "logit"));
    return make(
      "section",
      { aria: { label: "next token" } },
      heading(`the next token after ${tokens[position]}`),
      make("table", { className: "ce-predictions" }, head, ...rows),
      make("p", { className: "ce-quiet" }, `Tokens with a probability above 0: ${found.kept.toLocaleString("en")}. The lowest logit is ${number(found.lowest)}.`),
      this.sampler(),
    );
  }

  sampler() {
    const settings = { temperature: 1, top_k: 0, top_p: 1, ...this.request.sampler };
    const field = (label, name, properties) =>
      make(
        "label",
        {},
        `${label} `,
        make("input", {
          type: "number",
          value: settings[name],
          data: { key: `sampler ${name}` },
          ...properties,
          on: whenEntered((text) => this.choose({ sampler: { ...settings, [name]: Number(text) } })),
        }),
      );
    return make(
      "div",
      { className: "ce-choices" },
      field("temperature", "temperature", { min: 0, max: 5, step: 0.1 }),
      field("top-k (0: all)", "top_k", { min: 0, step: 1 }),
      field("top-p", "top_p", { min: 0.05, max: 1, step: 0.05 }),
      button("draw the next token", "append", () => this.model.send({ do: "append" }), { className: "ce-action" }),
    );
  }

  changes() {
    const { changes } = this.view;
    if (!changes.length) return null;
    const given = this.request.changes;
    const without = (n) => given.filter((_, other) => other !== n);
    return make(
      "section",
      { aria: { label: "changed by hand" } },
      heading("changed by hand"),
      make("ul", {}, ...changes.map((text, n) => make("li", {}, `${text} `, button("undo", `undo ${n}`, () => this.choose({ changes: without(n) }), { className: "ce-chip" })))),
      changes.length > 1 ? button("undo all", "undo all", () => this.choose({ changes: [] }), { className: "ce-chip" }) : null,
    );
  }

  // --- what can be changed in a box

  change(change) {
    this.choose({ changes: [...(this.request.changes ?? []), change] });
  }

  controls(name) {
    const { layer, head, model, boxes } = this.view;
    const group = boxes.find((box) => box.name === name).group;
    if (name === "attention weights") return this.weights();
    if (["q", "k", "v", "scores", "mask", "z", "head output", "attention output"].includes(name)) return this.headSwitch(layer, head);
    if (["neurons before GELU", "neurons after GELU", "MLP output"].includes(name)) {
      return this.toggle({ kind: "mlp", layer }, `switch off the MLP of block ${layer}`);
    }
    if (name === "residual stream") return this.vector(layer);
    if (name === "block output") return this.vector(layer + 1);
    if (group === "input" && name !== "tokens") return this.vector(0);
    if (name === "ln_f") return this.vector(model.n_layers);
    return null;
  }

  toggle(change, label) {
    const same = (other) => Object.entries(change).every(([key, value]) => other[key] === value);
    const given = this.request.changes ?? [];
    const isOn = given.some(same);
    return make(
      "label",
      { className: "ce-control" },
      make("input", {
        type: "checkbox",
        checked: isOn,
        data: { key: label },
        on: { change: () => this.choose({ changes: isOn ? given.filter((other) => !same(other)) : [...given, change] }) },
      }),
      ` ${label}`,
    );
  }

  headSwitch(layer, head) {
    return this.toggle({ kind: "head", layer, head }, `switch off head ${head} of block ${layer}`);
  }

  weights() {
    const { layer, head, position: query, open, tokens } = this.view;
    const row = open.rows[query].slice(0, query + 1);
    const set = (weights) => {
      const others = (this.request.changes ?? []).filter(
        (change) => !(change.kind === "weights" && change.layer === layer && change.head === head && change.query === query),
      );
      this.choose({ changes: [...others, { kind: "weights", layer, head, query, row: weights }] });
    };
    const only = (key) => row.map((_, n) => (n === key ? 1 : 0));
    const inputs = row.map((weight, key) =>
      make("input", { type: "number", min: 0, max: 1, step: 0.05, value: weight, data: { key: `weight ${key}` }, title: `weight on ${tokens[key]}`, aria: { label: `weight on ${tokens[key]}` } }),
    );
    const byHand =
      row.length <= MOST_WEIGHTS_BY_HAND
        ? [
            make("div", { className: "ce-weights" }, ...inputs.map((input, key) => make("label", {}, make("span", { className: "ce-mono" }, tokens[key]), input))),
            button("use these weights", "apply weights", () => set(inputs.map((input) => Number(input.value))), { className: "ce-action" }),
          ]
        : [];
    return make(
      "div",
      { className: "ce-control" },
      make("p", {}, `Set the attention weights of ${tokens[query]} by hand. They are divided by their sum.`),
      ...byHand,
      button("all on the first token", "weights first", () => set(only(0)), { className: "ce-action" }),
      button("all on itself", "weights itself", () => set(only(query)), { className: "ce-action" }),
      button("the same on all", "weights uniform", () => set(row.map(() => 1)), { className: "ce-action" }),
      this.headSwitch(layer, head),
    );
  }

  vector(layer) {
    const { tokens, position } = this.view;
    const source = make("select", { data: { key: "source" }, aria: { label: "the token whose vector is copied" } }, ...tokens.map((token, n) => make("option", { value: n, disabled: n === position }, `${n} ${token}`)));
    source.value = position === 0 ? 1 : 0;
    const word = (label, value) => make("input", { type: "text", value, size: 9, spellcheck: false, data: { key: label }, aria: { label } });
    const plus = word("token that is added", this.words?.[0] ?? " she");
    const minus = word("token that is subtracted", this.words?.[1] ?? " he");
    const times = make("input", { type: "range", min: -5, max: 5, step: 0.5, value: this.times ?? 1, data: { key: "times" }, aria: { label: "how many times" } });
    const shown = make("output", {}, times.value);
    times.addEventListener("input", () => (shown.value = times.value));
    const add = () => {
      this.words = [plus.value, minus.value];
      this.times = times.value;
      this.model.send({ do: "direction", layer, position, plus: plus.value, minus: minus.value, times: Number(times.value) });
    };
    return make(
      "div",
      { className: "ce-control" },
      tokens.length > 1
        ? make("p", {}, `Give ${tokens[position]} the vector of `, source, " ", button("copy", "copy vector", () => this.change({ kind: "vector", layer, to: position, source: Number(source.value) }), { className: "ce-action" }))
        : null,
      make("p", {}, "Add ", shown, " × ", times, " (embedding of ", plus, " − embedding of ", minus, ") ", button("add", "add direction", add, { className: "ce-action" })),
    );
  }

  // --- two texts

  compared() {
    const { other, tokens, position } = this.view;
    const width = 420;
    const height = 110;
    const x = (n) => 30 + (n * (width - 50)) / Math.max(other.cosines.length - 1, 1);
    const y = (value) => 10 + ((1 - (value ?? 0)) * (height - 30)) / 2;
    const points = other.cosines.map((value, n) => `${x(n)},${y(value)}`).join(" ");
    const marks = other.cosines.map((value, n) => `<circle cx="${x(n)}" cy="${y(value)}" r="3"><title>depth ${n}: cosine ${number(value)}, apart by ${percent(other.distances[n])} of the length</title></circle>`);
    const chart = make("div");
    chart.innerHTML = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="cosine of the two vectors by depth: ${other.cosines.map(number).join(", ")}"><line x1="30" x2="${width - 20}" y1="${y(0)}" y2="${y(0)}" class="ce-axis"/><text x="0" y="${y(1) + 4}">1</text><text x="0" y="${y(0) + 4}">0</text><text x="0" y="${y(-1) + 4}">−1</text><polyline points="${points}"/>${marks.join("")}<text x="30" y="${height - 2}">embedding</text><text x="${width - 20}" y="${height - 2}" text-anchor="end">last block</text></svg>`;
    const likeliest = other.likeliest.map(([token, p]) => `${token} ${percent(p)}`).join(", ");
    return make(
      "section",
      { className: "ce-compared", aria: { label: "two texts" } },
      heading("two texts"),
      this.strip(other.tokens, other.position, "token of the second text", (token) => this.choose({ other_token: token })),
      make("p", {}, `Cosine between the vectors of ${tokens[position]} above and ${other.tokens[other.position]} here, at every depth:`),
      chart,
      make("p", { className: "ce-quiet" }, `After ${other.tokens[other.position]} the most probable tokens are ${likeliest}.`),
    );
  }
}

// --- a table of numbers as colours --------------------------------------------------------------------------

class HeatMap {
  constructor(open, tokens, position, press) {
    Object.assign(this, { open, tokens, position, press });
    const cells = open.columns.length;
    this.size = Math.max(2, Math.min(16, Math.floor(560 / cells)));
    this.height = Math.max(2, Math.min(16, Math.floor(480 / open.rows.length)));
    this.isSquare = open.axes[1] === "key";
    if (this.isSquare) this.size = this.height = Math.min(this.size, this.height);
    this.canvas = make("canvas", { tabIndex: 0, data: { key: "numbers" }, aria: { role: "img", label: `${open.name}: ${open.rows.length} rows of ${cells} numbers. The arrow keys read them one by one.` } });
    this.says = make("div", { className: "ce-says", aria: { live: "polite" } }, "Point at a number to read it.");
    const labels = this.height >= 10 ? make("div", { className: "ce-labels" }, ...tokens.map((token) => make("div", { style: { height: `${this.height}px` } }, token))) : null;
    this.element = make("div", {}, make("div", { className: "ce-heat" }, labels, this.canvas), this.says);
    this.at = [position, 0];
    this.canvas.addEventListener("mousemove", (event) => this.read(this.place(event)));
    this.canvas.addEventListener("click", (event) => press(this.place(event)[0]));
    this.canvas.addEventListener("keydown", (event) => this.move(event));
    this.show("now");
  }

  place(event) {
    const frame = this.canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - frame.top) / frame.height) * this.open.rows.length);
    const column = Math.floor(((event.clientX - frame.left) / frame.width) * this.open.columns.length);
    return [Math.max(0, Math.min(row, this.open.rows.length - 1)), Math.max(0, Math.min(column, this.open.columns.length - 1))];
  }

  move(event) {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (event.key === "Enter") this.press(this.at[0]);
    if (!step) return;
    event.preventDefault();
    const [row, column] = [this.at[0] + step[0], this.at[1] + step[1]];
    if (row in this.open.rows && column in this.open.columns) this.at = [row, column];
    this.read(this.at);
  }

  read([row, column]) {
    const { open, tokens } = this;
    const across = this.isSquare ? `key ${tokens[column]}` : `${open.axes[1]} ${open.columns[column]}`;
    const before = open.rows_before ? `, before: ${number(open.rows_before[row][column])}` : "";
    this.says.textContent = `${this.isSquare ? "query " : ""}${tokens[row]}, ${across}: ${number(open.rows[row][column])}${before}`;
  }

  show(which) {
    const { open } = this;
    const subtract = (now, before) => (now === null || before === null ? null : now - before);
    const rows = {
      now: () => open.rows,
      before: () => open.rows_before,
      difference: () => open.rows.map((row, n) => row.map((value, m) => subtract(value, open.rows_before[n][m]))),
    }[which]();
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [this.size * open.columns.length, this.height * rows.length];
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    const largest = largestOf(rows);
    const isWeights = open.name === "attention weights";
    rows.forEach((row, n) =>
      row.forEach((value, m) => {
        pen.fillStyle = shade(value, largest, isWeights);
        pen.fillRect(m * this.size, n * this.height, this.size - (this.size > 4), this.height - (this.height > 4));
      }),
    );
    pen.strokeStyle = `rgb(${BLUE})`;
    pen.strokeRect(0.5, this.position * this.height + 0.5, width - 1, this.height - 1);
  }
}

export default {
  render({ model, el }) {
    const page = new Page(model, el);
    return () => page.stop();
  },
};
