// What a page links to and asks for, and how it is built.
const all = (selector, value) => [...document.querySelectorAll(selector)].map(value);
return {
  links: [...new Set(all("a[href]", (link) => decodeURI(link.href)))],
  ids: all("[id]", (element) => element.id),
  requests: performance.getEntriesByType("resource").map((request) => request.name),
  landmarks: all("main, nav", (landmark) => landmark.tagName),
  headings: all("main :is(h1, h2, h3, h4, h5, h6)", (heading) => Number(heading.tagName[1])),
  pictures: all("img, svg[role=img]", (picture) => picture.getAttribute("alt") ?? picture.getAttribute("aria-label") ?? ""),
  lang: document.documentElement.lang,
};
