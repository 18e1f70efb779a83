package browser

// TooWide reports whether a reader would have to scroll sideways.
func (p *Page) TooWide() bool {
	p.t.Helper()
	return eval[bool](p, "document.documentElement.scrollWidth > document.documentElement.clientWidth")
}

// Faint returns texts whose contrast is below 4.5 to 1 (WCAG 2.2, 1.4.3).
func (p *Page) Faint() []string {
	p.t.Helper()
	return eval[[]string](p, contrast)
}

// contrast computes relative luminance as WCAG 2.2 defines it.
const contrast = `(() => {
  const parse = color => (color.match(/[\d.]+/g) || []).map(Number);
  const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = color => { const [r, g, b] = parse(color).map(linear); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor, parts = parse(color);
      if (parts.length == 3 || parts[3] > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walk.nextNode();) {
    const element = node.parentElement, text = node.textContent.trim();
    if (!text || ["STYLE", "SCRIPT"].includes(element.tagName) || !element.getClientRects().length) continue;
    const [dark, light] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) faint.push(text.slice(0, 40) + " " + ratio.toFixed(2));
  }
  return faint;
})()`
