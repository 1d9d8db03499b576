// What the pages of the site need at run time: the theme for explorers, and what scrolls by keyboard.

// An explorer asks the root element for the theme; furo says it on the body ("auto" means the system's).
const followTheme = () => {
  const { theme } = document.body.dataset;
  document.documentElement.toggleAttribute("theme", false);
  if (theme === "light" || theme === "dark") document.documentElement.setAttribute("theme", theme);
};
new MutationObserver(followTheme).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
followTheme();

// What is wider than the page scrolls inside itself, with the arrow keys as well.
const markScrolling = () => {
  for (const element of document.querySelectorAll("article pre, article .table-wrapper, article .formula, .wide")) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
};
addEventListener("resize", markScrolling);
addEventListener("load", markScrolling);
document.addEventListener("toggle", markScrolling, true);

// Menus of a narrow page: a button opens one, Escape closes it.
for (const button of document.querySelectorAll("button[data-opens]")) {
  const box = document.getElementById(button.dataset.opens);
  box.addEventListener("change", () => button.setAttribute("aria-expanded", box.checked));
  button.addEventListener("click", () => box.click());
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape" && box.checked) box.click(); });
}
