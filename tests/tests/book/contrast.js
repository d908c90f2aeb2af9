// The texts of a page whose contrast is below what WCAG AA asks (1.4.3): 4.5, or 3 for large ones.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
};
const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3]));
const background = (element) => {
  const below = element.parentElement ? background(element.parentElement) : [255, 255, 255];
  return over(rgba(getComputedStyle(element).backgroundColor), below);
};
const part = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = (colour) =>
  colour.reduce((sum, value, at) => sum + part(value / 255) * [0.2126, 0.7152, 0.0722][at], 0);
const faint = {};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode.data.trim();
  const element = texts.currentNode.parentElement;
  const hidden = !element.checkVisibility({ visibilityProperty: true }) || element.closest("script, style");
  if (!text || hidden) continue;
  const style = getComputedStyle(element);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  const below = background(element);
  const colour = over(rgba(element.closest("svg") ? style.fill : style.color), below);
  const [darker, lighter] = [luminance(colour), luminance(below)].sort((one, two) => one - two);
  const ratio = (lighter + 0.05) / (darker + 0.05);
  if (ratio < (large ? 3 : 4.5)) {
    faint[`${element.tagName} ${element.className} ${style.color} on ${below.map(Math.round)}: ${ratio.toFixed(2)}`] = text;
  }
}
return faint;
