//! Horizontal bars as inline SVG. Colours come from the page's style sheet.

use std::fmt::Write as _;

const WIDTH: f64 = 1_000.0;
/// Where the bars begin: the names stand before.
const LEFT: f64 = 330.0;
/// Room for the values behind the longest bar.
const RIGHT: f64 = 190.0;
const ROW: f64 = 26.0;
const BAR: f64 = 16.0;
const PAD: f64 = 10.0;

/// A bar.
#[derive(Default)]
pub(crate) struct ChartBar {
    /// The name before it.
    pub name: String,
    /// Whether Unstuff is in it.
    pub is_ours: bool,
    /// Its length.
    pub length: f64,
    /// What another process adds to it.
    pub added: f64,
    /// A line over it, from and to.
    pub range: (f64, f64),
    /// The text behind it.
    pub value: String,
}

/// The bars below one another, on one scale that begins at 0.
pub(crate) fn bars(all: &[ChartBar]) -> String {
    let end = |bar: &ChartBar| (bar.length + bar.added).max(bar.range.1);
    let most = all.iter().map(end).fold(0.0, f64::max).max(1e-9);
    let x = |value: f64| LEFT + value / most * (WIDTH - LEFT - RIGHT);
    let height = all.len() as f64 * ROW + 2.0 * PAD;
    let names: Vec<String> = all.iter().map(|bar| format!("{}: {}", bar.name, bar.value)).collect();
    let label = names.join("; ");
    let mut svg =
        format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">");
    // Writing to a string cannot fail.
    for (number, bar) in all.iter().enumerate() {
        let top = PAD + number as f64 * ROW + (ROW - BAR) / 2.0;
        let (text, middle) = (top + BAR - 3.0, top + BAR / 2.0);
        let class = if bar.is_ours { "ours" } else { "other" };
        let part = |from: f64, to: f64, class: &str| {
            let (left, width) = (x(from), x(to) - x(from));
            format!(
                "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>"
            )
        };
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{text:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 10.0,
            bar.name
        );
        svg += &part(0.0, bar.length, class);
        if bar.added > 0.0 {
            svg += &part(bar.length, bar.length + bar.added, "server");
        }
        let (from, to) = bar.range;
        let _ =
            write!(svg, "<path class=\"range\" d=\"M{:.1} {middle:.1}H{:.1}\"/>", x(from), x(to));
        let _ = write!(
            svg,
            "<text class=\"soft\" x=\"{:.1}\" y=\"{text:.1}\">{}</text>",
            x(end(bar)) + 8.0,
            bar.value
        );
    }
    svg + "</svg>"
}
