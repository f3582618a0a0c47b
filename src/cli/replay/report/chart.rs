//! Stacked areas over time, as inline SVG.
//!
//! No plotting library: a chart is a few paths, and their colours come from the page's style
//! sheet, so that they follow light and dark mode. A chart is stretched to the page's width, so it
//! contains no text. The page puts numbers and times beside it.

use std::fmt::Write as _;

use super::axis::TimeAxis;

/// The height of the highest stack in the chart's units. A bucket is one unit wide.
const HEIGHT: f64 = 100.0;

/// A chart of `buckets` over an axis. `classes` are the style classes of the counts, the first at
/// the bottom; `peak` is the count that is as high as the chart.
pub(super) fn stacked<const N: usize>(
    buckets: &[[u32; N]],
    axis: &TimeAxis,
    peak: u64,
    classes: [&str; N],
    title: &str,
) -> String {
    let width = axis.buckets.max(buckets.len()).max(1);
    let marks: String = axis.marks().iter().map(|mark| format!("M{mark:.2} 0V{HEIGHT}")).collect();
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{title}\"><path class=\"marks\" d=\"{marks}\"/>"
    );
    let scale = HEIGHT / peak.max(1) as f64;
    let mut floor = vec![0_u64; buckets.len()];
    for (kind, class) in classes.iter().enumerate() {
        let counts = buckets.iter().map(|counts| counts.get(kind).copied().unwrap_or(0));
        let roof: Vec<u64> =
            floor.iter().zip(counts).map(|(floor, count)| floor + u64::from(count)).collect();
        if roof != floor {
            let path = area(&floor, &roof, scale);
            // Writing to a string cannot fail.
            let _ = write!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
        }
        floor = roof;
    }
    svg + "</svg>"
}

/// The count of the highest stack.
pub(super) fn peak<const N: usize>(buckets: &[[u32; N]]) -> u64 {
    let stack = |counts: &[u32; N]| counts.iter().map(|count| u64::from(*count)).sum();
    buckets.iter().map(stack).max().unwrap_or(0)
}

/// The steps between a floor and a roof, as closed shapes: one for each run of buckets in which
/// the roof is above the floor.
fn area(floor: &[u64], roof: &[u64], scale: f64) -> String {
    let y = |count: &u64| format!("{:.2}", HEIGHT - *count as f64 * scale);
    let mut path = String::new();
    let levels: Vec<(&u64, &u64)> = floor.iter().zip(roof).collect();
    let mut at = 0;
    for run in levels.chunk_by(|a, b| (a.0 < a.1) == (b.0 < b.1)) {
        let end = at + run.len();
        if run.first().is_some_and(|(floor, roof)| floor < roof) {
            // Writing to a string cannot fail.
            for (i, (_, roof)) in run.iter().enumerate() {
                let to = if i == 0 { format!("M{at} ") } else { "V".to_owned() };
                let _ = write!(path, "{to}{}H{}", y(roof), at + i + 1);
            }
            for (i, (floor, _)) in run.iter().enumerate().rev() {
                let _ = write!(path, "V{}H{}", y(floor), at + i);
            }
            path.push('Z');
        }
        at = end;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_stacked_and_zeros_are_left_out() {
        let axis = TimeAxis { start: 58, width: 1, buckets: 4 };
        let buckets = [[1, 0, 1], [2, 0, 0], [0, 0, 0], [0, 0, 4]];
        let svg = stacked(&buckets, &axis, 4, ["a", "b", "c"], "t");
        assert!(svg.contains("viewBox=\"0 0 4 100\""), "{svg}");
        assert!(svg.contains("<path class=\"marks\" d=\"M0.00 0V100M1.00 0V100"), "{svg}");
        assert!(
            svg.contains("<path class=\"a\" d=\"M0 75.00H1V50.00H2V100.00H1V100.00H0Z\"/>"),
            "{svg}"
        );
        assert!(!svg.contains("class=\"b\""), "{svg}");
        let c = "<path class=\"c\" d=\"M0 50.00H1V75.00H0ZM3 0.00H4V100.00H3Z\"/>";
        assert!(svg.contains(c), "{svg}");
    }

    #[test]
    fn empty_series_is_an_empty_chart() {
        assert_eq!(peak::<2>(&[]), 0);
        let axis = TimeAxis { start: 0, width: 1, buckets: 1 };
        let svg = stacked::<2>(&[], &axis, 0, ["a", "b"], "t");
        assert!(svg.contains("viewBox=\"0 0 1 100\"") && !svg.contains("class=\"a\""), "{svg}");
    }
}
