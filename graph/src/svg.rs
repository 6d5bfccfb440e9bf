use std::fmt::Write;

use crate::NodeId;
use crate::layout::{Layout, Point, layout};
use crate::picture::{Direction, NodeLook, Outline, Picture};

/// What a letter takes of 12 px text, generously: how wide a text really is depends on who shows it.
const LETTER: f64 = 7.2;
const LINE: f64 = 16.0;
const MARGIN: f64 = 16.0;

const HEAD: &str = r##"<style>
text{font:12px system-ui,sans-serif;fill:#1f2328;text-anchor:middle}
.cluster,.label{font-size:10px;fill:#656d76}
.label{stroke:#fff;stroke-width:3px;paint-order:stroke}
.node{fill:#f6f8fa;stroke:#57606a}
.arrow,.lid{fill:none;stroke:#57606a}
.arrow{marker-end:url(#head)}
</style>
<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/></marker>
"##;

impl<K, E> Picture<'_, K, E> {
    /// The picture as a drawing of its own, which any browser shows. It refers to nothing outside itself.
    ///
    /// Nodes are in layers, each below all that depends on it. There are no frames around clusters: the names are in the
    /// nodes.
    #[must_use]
    pub fn svg(&self) -> String {
        let sizes: Vec<Point> = self.nodes.iter().map(|look| turn(self.direction, size(look))).collect();
        // Texts at arrows need room for their length when arrows go right.
        let between = if self.direction == Direction::Right { 96.0 } else { 56.0 };
        let Layout { centres, routes, extent } = layout(self.graph, &sizes, between);
        let (width, height) = self.at(extent);
        let (width, height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"{:.0} {:.0} {width:.0} {height:.0}\">\n{HEAD}",
            -MARGIN, -MARGIN,
        );
        let mut labels = String::new();
        for ((from, to, label), route) in self.arrows().zip(&routes) {
            let half = |node: NodeId| sizes[node.index()].along / 2.0;
            let path =
                if from == to { loop_path(route[0], sizes[from.index()]) } else { path(route, half(from), half(to)) };
            text.push_str("<path class=\"arrow\" d=\"");
            for (command, point) in &path {
                let (x, y) = self.at(*point);
                let _ = write!(text, "{command}{x:.0} {y:.0}");
            }
            text.push_str("\"/>\n");
            if !label.is_empty() {
                let (x, y) = self.at(middle(&path));
                let _ = writeln!(labels, "<text class=\"label\" x=\"{x:.0}\" y=\"{y:.0}\">{}</text>", escaped(&label));
            }
        }
        text.push_str(&labels);
        for (look, centre) in self.nodes.iter().zip(&centres) {
            node(&mut text, look, self.at(*centre));
        }
        text.push_str("</svg>\n");
        text
    }

    fn at(&self, point: Point) -> (f64, f64) {
        match self.direction {
            Direction::Down => (point.across, point.along),
            Direction::Right => (point.along, point.across),
        }
    }
}

fn turn(direction: Direction, (width, height): (f64, f64)) -> Point {
    match direction {
        Direction::Down => Point { along: height, across: width },
        Direction::Right => Point { along: width, across: height },
    }
}

fn size(look: &NodeLook) -> (f64, f64) {
    let longest = look.label.lines().chain(look.cluster.as_deref()).map(|line| line.chars().count()).max();
    let lines = look.label.lines().count().max(1) + usize::from(look.cluster.is_some());
    let (sides, ends) = match look.outline {
        Outline::Box => (20.0, 12.0),
        Outline::Round => (28.0, 12.0),
        Outline::Cylinder => (20.0, 28.0),
        Outline::Hexagon => (40.0, 12.0),
    };
    (longest.unwrap_or(0) as f64 * LETTER + sides, lines as f64 * LINE + ends)
}

/// A curve from the edge of one box through the given points to the edge of another.
fn path(route: &[Point], from: f64, to: f64) -> Vec<(char, Point)> {
    let mut points = route.to_vec();
    if let [first, .., last] = &mut points[..] {
        // An arrow that closes a cycle goes against the direction.
        let sign = if first.along <= last.along { 1.0 } else { -1.0 };
        first.along += sign * from;
        last.along -= sign * to;
    }
    let mut path: Vec<(char, Point)> = points.first().map(|first| ('M', *first)).into_iter().collect();
    for step in points.windows(2) {
        let along = f64::midpoint(step[0].along, step[1].along);
        path.push(('C', Point { along, ..step[0] }));
        path.push((' ', Point { along, ..step[1] }));
        path.push((' ', step[1]));
    }
    path
}

/// The middle of the first part of a path.
fn middle(path: &[(char, Point)]) -> Point {
    match path {
        [(_, a), (_, b), (_, c), (_, d), ..] => Point {
            along: (a.along + 3.0 * (b.along + c.along) + d.along) / 8.0,
            across: (a.across + 3.0 * (b.across + c.across) + d.across) / 8.0,
        },
        _ => Point::default(),
    }
}

/// A curve from the side of a box back to it.
fn loop_path(centre: Point, size: Point) -> Vec<(char, Point)> {
    let point =
        |along, across| Point { along: centre.along + along, across: centre.across + size.across / 2.0 + across };
    vec![('M', point(-6.0, 0.0)), ('C', point(-16.0, 24.0)), (' ', point(16.0, 24.0)), (' ', point(6.0, 0.0))]
}

fn node(text: &mut String, look: &NodeLook, (x, y): (f64, f64)) {
    let (width, height) = size(look);
    let (left, right, top, bottom) = (x - width / 2.0, x + width / 2.0, y - height / 2.0, y + height / 2.0);
    // A colour has only letters and digits.
    let fill = look.fill.as_deref().map(|colour| format!(" style=\"fill:{colour}\"")).unwrap_or_default();
    let shape = match look.outline {
        Outline::Box => rectangle(left, top, width, height, 4.0),
        Outline::Round => rectangle(left, top, width, height, height / 2.0),
        Outline::Cylinder => {
            let (half, high, low) = (width / 2.0, top + 6.0, bottom - 6.0);
            format!(
                "<path d=\"M{left:.0} {high:.0}A{half:.0} 6 0 0 1 {right:.0} {high:.0}V{low:.0}\
                 A{half:.0} 6 0 0 1 {left:.0} {low:.0}z\""
            )
        }
        Outline::Hexagon => {
            let (near, far) = (left + 12.0, right - 12.0);
            format!(
                "<path d=\"M{near:.0} {top:.0}H{far:.0}L{right:.0} {y:.0}L{far:.0} {bottom:.0}H{near:.0}L{left:.0} {y:.0}z\""
            )
        }
    };
    let _ = writeln!(text, "{shape} class=\"node\"{fill}/>");

    if look.outline == Outline::Cylinder {
        let (half, high) = (width / 2.0, top + 6.0);
        let _ =
            writeln!(text, "<path d=\"M{left:.0} {high:.0}A{half:.0} 6 0 0 0 {right:.0} {high:.0}\" class=\"lid\"/>");
    }

    let lines: Vec<&str> = look.label.lines().collect();
    let cluster = look.cluster.iter().map(|name| (" class=\"cluster\"", name.as_str()));
    let lines = cluster.chain(lines.iter().map(|line| ("", *line))).collect::<Vec<_>>();
    let sunk = if look.outline == Outline::Cylinder { 4.0 } else { 0.0 };
    let first = y + sunk - (lines.len() as f64 / 2.0 - 0.75) * LINE;
    for (index, (class, line)) in lines.into_iter().enumerate() {
        let y = first + index as f64 * LINE;
        let _ = writeln!(text, "<text{class} x=\"{x:.0}\" y=\"{y:.0}\">{}</text>", escaped(line));
    }
}

fn rectangle(x: f64, y: f64, width: f64, height: f64, corner: f64) -> String {
    format!("<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"{corner:.0}\"")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // XML has no way to write these.
            '\0'..' ' | '\x7f'..'\u{a0}' | '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}
