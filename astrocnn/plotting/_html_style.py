"""How a report on a page looks: on a screen of any width, light or dark, and on paper."""

__all__ = ["STYLE"]

#: The style sheet. Figures take their colors from the variables.
STYLE = """
:root { color-scheme: light dark;
  --ink: #1b1e23; --soft: #555c66; --line: #dcdfe4; --paper: #ffffff; --ground: #f5f6f8;
  --first: #0072b2; --second: #c04f00; --third: #007a58; --wrong: #b34700; }
@media screen and (prefers-color-scheme: dark) { :root {
  --ink: #e7e9ec; --soft: #a6adb8; --line: #3a404a; --paper: #1b1e24; --ground: #121418;
  --first: #5ab4e8; --second: #ff9a52; --third: #3fcf9f; --wrong: #ff9a52; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, header, footer { max-width: 76rem; margin: 0 auto; padding: 0 clamp(0.8rem, 3vw, 2rem); }
header { padding-top: 1.6rem; }
h1 { font-size: clamp(1.4rem, 1rem + 2vw, 2rem); line-height: 1.2; margin: 0 0 0.6rem; }
h2 { font-size: 1.2rem; margin: 0 0 0.7rem; }
h1, h2, p, figcaption, li, caption { overflow-wrap: anywhere; }
.summary { font-size: 1.08rem; max-width: 60rem; margin: 0 0 1.2rem; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 0.5rem;
  padding: clamp(0.8rem, 2vw, 1.4rem); margin: 0 0 1.1rem; }
.sides { display: grid; gap: 1.1rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
.sides > section { margin: 0; min-width: 0; }
.sides + section { margin-top: 1.1rem; }
@media (max-width: 60rem) { .sides { grid-template-columns: minmax(0, 1fr); } }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: 0.9rem; padding-bottom: 0.4rem; }
th, td { padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td:last-child, th:last-child { padding-right: 0; }
th { font-weight: 600; overflow-wrap: break-word; }
tbody th { font-weight: 400; }
td, th.bin { white-space: nowrap; }
@media (max-width: 30rem) { table { font-size: 0.78rem; } th, td { padding: 0.3rem 0.2rem; } }
tr.yours > * { font-weight: 700; }
.figures { display: grid; gap: 1.2rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.cutouts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
.figures.stack { grid-template-columns: minmax(0, 1fr); }
figure { margin: 0; min-width: 0; }
figure svg, figure img { display: block; width: 100%; height: auto; max-width: 30rem;
  margin: auto; }
figure img { background: #ffffff; border-radius: 0.25rem; }
figcaption, .note { color: var(--soft); font-size: 0.9rem; margin: 0.4rem 0 0; }
details { margin-top: 0.7rem; } summary { cursor: pointer; color: var(--soft); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; margin: 0; }
ul { margin: 0; padding-left: 1.2rem; }
h3 { font-size: 1rem; margin: 1.1rem 0 0.5rem; } h2 + h3, .note + h3 { margin-top: 0.4rem; }
footer { color: var(--soft); font-size: 0.85rem; padding-bottom: 2rem; }
@page { size: A4; margin: 14mm; }
@media print {
  :root { color-scheme: light; font-size: 9.5pt; }
  body { background: none; print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding: 0; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 3mm 0 0;
    margin: 0 0 4mm; }
  h2, h3, .note { break-after: avoid; }
  figure, tr, .keep { break-inside: avoid; }
  .sides { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 8mm; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 5mm; }
  .scroll { overflow: visible; } table { font-size: 8.5pt; } th, td { padding: 1mm; }
  .figures.stack { grid-template-columns: minmax(0, 1fr); }
  .stack svg { max-width: 11cm; }
  .three { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .cutouts { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 4mm; }
}
"""
