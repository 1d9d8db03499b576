// What the pages of the site need at run time: the theme for explorers, formulas, and what scrolls by keyboard.

// An explorer asks the root element for the theme; furo says it on the body ("auto" means the system's).
const followTheme = () => {
  const { theme } = document.body.dataset;
  document.documentElement.toggleAttribute("theme", false);
  if (theme === "light" || theme === "dark") document.documentElement.setAttribute("theme", theme);
};
new MutationObserver(followTheme).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
followTheme();

for (const element of document.querySelectorAll(".formula")) {
  window.katex.render(element.textContent, element, { displayMode: element.matches("div"), throwOnError: false });
}

// What is wider than the page scrolls inside itself, with the arrow keys as well.
const markScrolling = () => {
  for (const element of document.querySelectorAll("article pre, article .table-wrapper, article .formula")) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
};
addEventListener("resize", markScrolling);
addEventListener("load", markScrolling);
document.addEventListener("toggle", markScrolling, true);

// Menus of the theme are labels of hidden boxes: let the keyboard open them as well.
for (const label of document.querySelectorAll("label.nav-overlay-icon, label.toc-overlay-icon")) {
  label.tabIndex = 0;
  label.setAttribute("role", "button");
  label.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    label.click();
  });
}
