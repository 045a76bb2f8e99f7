//! A curve as SVG, without a program that draws: readable on light and dark pages.

use std::fmt::Write as _;

use crate::growth::thousands;
use crate::rounds::count as float;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 340.0;
/// Where the axes are.
const LEFT: f64 = 80.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 270.0;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: 600 } \
.grid { stroke: #d0d7de } .line { stroke: #0969da; stroke-width: 2; fill: none } .dot { fill: #0969da } \
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } .line { stroke: #58a6ff } .dot { fill: #58a6ff } }";

pub(crate) struct Plot {
    pub(crate) title: String,
    /// What the axes have, with the unit.
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    /// The levels of x are at the same distance from each other: they are powers of ten.
    pub(crate) points: Vec<(usize, f64)>,
    /// After the point, of a value of y.
    pub(crate) digits: usize,
}

impl Plot {
    pub(crate) fn svg(&self) -> String {
        let Self { title, x, y, points, digits } = self;
        let most = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let step = step(most);
        let steps = (most / step).ceil().max(1.0);
        let exponent = |at: usize| float(at.max(1)).log10();
        let exponents: Vec<f64> = points.iter().map(|(at, _)| exponent(*at)).collect();
        let (from, to) = (
            exponents.iter().copied().fold(f64::MAX, f64::min),
            exponents.iter().copied().fold(f64::MIN, f64::max),
        );
        let across = |at: usize| {
            if to > from {
                LEFT + 30.0 + (RIGHT - LEFT - 60.0) * (exponent(at) - from) / (to - from)
            } else {
                LEFT + 30.0
            }
        };
        let up = |value: f64| BOTTOM - (BOTTOM - TOP) * value / (step * steps);

        // Writing to a text cannot fail.
        let mut svg = String::new();
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n<text class=\"title\" x=\"{LEFT}\" y=\"24\">{title}</text>"
        );
        let mut tick = 0.0;
        while tick <= steps {
            let (height, value) = (up(tick * step), tick * step);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {height:.1}H{RIGHT}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
                LEFT - 8.0,
                height + 4.5
            );
            tick += 1.0;
        }
        let line: Vec<String> =
            points.iter().map(|(at, value)| format!("{:.1} {:.1}", across(*at), up(*value))).collect();
        let _ = writeln!(svg, "<path class=\"line\" d=\"M{}\"/>", line.join("L"));
        for (at, value) in points {
            let (right, height) = (across(*at), up(*value));
            let _ = writeln!(
                svg,
                "<circle class=\"dot\" cx=\"{right:.1}\" cy=\"{height:.1}\" r=\"4\"/>\
                 <text x=\"{right:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{value:.digits$}</text>\
                 <text x=\"{right:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                height - 10.0,
                BOTTOM + 20.0,
                thousands(*at)
            );
        }
        let (middle, half) = (f64::midpoint(LEFT, RIGHT), f64::midpoint(TOP, BOTTOM));
        let _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{x} (logarithmic)</text>\n\
             <text x=\"20\" y=\"{half}\" text-anchor=\"middle\" transform=\"rotate(-90 20 {half})\">{y}</text>\n</svg>",
            HEIGHT - 22.0
        );
        svg
    }
}

/// A round number of which at most five make `most`.
fn step(most: f64) -> f64 {
    let least = (most / 5.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_points_axes_and_both_colour_schemes() {
        let points = vec![(10, 680.0), (10_000, 1_120.0), (1_000_000, 1_190.4)];
        let plot = Plot { title: "A sign-in".to_owned(), x: "tenants", y: "instructions", points, digits: 1 };

        let svg = plot.svg();

        for part in
            ["1190.4", "1,000,000", "tenants (logarithmic)", ">instructions<", "prefers-color-scheme: dark"]
        {
            assert!(svg.contains(part), "{part}");
        }
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn steps_are_round_and_at_most_five() {
        for (most, expected) in [(1_190.0, 500.0), (9.4, 2.0), (100.0, 20.0), (4.9, 1.0)] {
            let found = step(most);
            assert!((found - expected).abs() < 1e-9, "{most}: {found}");
        }
    }
}
