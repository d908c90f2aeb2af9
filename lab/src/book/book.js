// Lights: the step under the pointer or the keyboard, wherever it stands on the page.
"use strict";
(() => {
  const lit = (step) => {
    for (const element of document.querySelectorAll("[data-step]")) {
      element.classList.toggle("lit", step !== undefined && element.dataset.step === step);
    }
  };
  const under = (event) => lit(event.target.closest?.("[data-step]")?.dataset.step);
  document.addEventListener("mouseover", under);
  document.addEventListener("focusin", under);
  document.addEventListener("mouseleave", () => lit());
})();
