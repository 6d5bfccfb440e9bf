use crate::{Graph, NodeId};

/// Space between the boxes of one layer.
const BESIDE: f64 = 24.0;

/// How wide the way of an arrow between two boxes is.
const ARROW: f64 = 8.0;

/// How often the layers are gone through to bring neighbours closer together.
const SWEEPS: usize = 8;

/// Where everything is drawn. Arrows mostly go along the first axis; the boxes of one layer are side by side across.
pub(crate) struct Layout {
    /// The centre of each node.
    pub(crate) centres: Vec<Point>,
    /// For each pair of neighbours, in the order of the pairs, the points its arrow goes through, the two centres
    /// included.
    pub(crate) routes: Vec<Vec<Point>>,
    /// How large the whole is.
    pub(crate) extent: Point,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) along: f64,
    pub(crate) across: f64,
}

/// A layered drawing (Sugiyama 1981): layers by the longest way from the top, neighbours side by side by the average of
/// where they lead, then moved towards each other; `between` is the space between layers. Linear in boxes and arrows, but for sorting layers.
pub(crate) fn layout<K, E>(graph: &Graph<K, E>, sizes: &[Point], between: f64) -> Layout {
    let layer = layers(graph);
    let mut places = Places::new(graph, &layer, sizes);
    places.arrange();
    places.align();
    places.into_layout(graph, &layer, sizes, between)
}

/// The length of the longest way from the top to each node. An edge that closes a cycle does not count.
fn layers<K, E>(graph: &Graph<K, E>) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Unseen,
        Open,
        Done(usize),
    }
    let mut state = vec![State::Unseen; graph.len()];
    for root in graph.ids() {
        if state[root.index()] != State::Unseen {
            continue;
        }
        state[root.index()] = State::Open;
        let mut path = vec![(root, 0, 0)];
        while let Some((node, next, layer)) = path.last_mut() {
            let Some(&above) = graph.dependents(*node).get(*next) else {
                state[node.index()] = State::Done(*layer);
                path.pop();
                continue;
            };
            match state[above.index()] {
                State::Unseen => {
                    state[above.index()] = State::Open;
                    path.push((above, 0, 0));
                    continue;
                }
                State::Open => {}
                State::Done(other) => *layer = (other + 1).max(*layer),
            }
            *next += 1;
        }
    }
    state.into_iter().map(|state| if let State::Done(layer) = state { layer } else { 0 }).collect()
}

/// All that takes a place in a layer: nodes, by their ids, and after them the arrows that pass by.
struct Places {
    rows: Vec<Vec<usize>>,
    /// What each place is connected to in the layer before, and in the one after.
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    width: Vec<f64>,
    across: Vec<f64>,
    /// The first place of each arrow that has places of its own; they follow each other.
    passing: Vec<Option<usize>>,
}

impl Places {
    fn new<K, E>(graph: &Graph<K, E>, layer: &[usize], sizes: &[Point]) -> Self {
        let count = layer.iter().max().map_or(0, |last| last + 1);
        let mut rows = vec![Vec::new(); count];
        for node in graph.ids() {
            rows[layer[node.index()]].push(node.index());
        }
        let mut width: Vec<f64> = sizes.iter().map(|size| size.across).collect();
        let mut links = Vec::new();
        let mut passing = Vec::new();
        // Beyond this, arrows that skip layers are drawn straight across whatever is there.
        let most = 8 * graph.len() + 1_000;
        for from in graph.ids() {
            for &to in graph.dependencies(from) {
                let (top, bottom) = (layer[from.index()], layer[to.index()]);
                let mut last = from.index();
                let mut first = None;
                if top + 1 < bottom && width.len() + (bottom - top) <= most {
                    first = Some(width.len());
                    for row in &mut rows[top + 1..bottom] {
                        let place = width.len();
                        width.push(ARROW);
                        row.push(place);
                        links.push((last, place));
                        last = place;
                    }
                }
                if top + 1 == bottom || first.is_some() {
                    links.push((last, to.index()));
                }
                passing.push(first);
            }
        }
        let mut before = vec![Vec::new(); width.len()];
        let mut after = vec![Vec::new(); width.len()];
        for (above, below) in links {
            after[above].push(below);
            before[below].push(above);
        }
        Self { rows, before, after, across: vec![0.0; width.len()], width, passing }
    }

    /// Orders each layer by the average place of what its members are connected to.
    fn arrange(&mut self) {
        let mut rank = vec![0.0; self.width.len()];
        let number = |row: &[usize], rank: &mut [f64]| {
            let middle = row.len() as f64 / 2.0;
            row.iter().zip(0_u32..).for_each(|(&place, index)| rank[place] = f64::from(index) - middle);
        };
        self.rows.iter().for_each(|row| number(row, &mut rank));
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            let links = if down { &self.before } else { &self.after };
            let mut sort = |row: &mut Vec<usize>| {
                let mut keyed: Vec<(f64, usize)> =
                    row.iter().map(|&place| (average(&links[place], &rank).unwrap_or(rank[place]), place)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                *row = keyed.into_iter().map(|(_, place)| place).collect();
                number(row, &mut rank);
            };
            if down {
                self.rows.iter_mut().for_each(&mut sort);
            } else {
                self.rows.iter_mut().rev().for_each(&mut sort);
            }
        }
    }

    /// Moves the members of each layer towards what they are connected to, without changing their order.
    fn align(&mut self) {
        for row in &self.rows {
            let mut end = 0.0;
            for &place in row {
                self.across[place] = end + self.width[place] / 2.0;
                end += self.width[place] + BESIDE;
            }
        }
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            for index in 0..self.rows.len() {
                let row = &self.rows[if down { index } else { self.rows.len() - 1 - index }];
                let links = if down { &self.before } else { &self.after };
                let wanted: Vec<f64> = row
                    .iter()
                    .map(|&place| average(&links[place], &self.across).unwrap_or(self.across[place]))
                    .collect();
                let apart = |one: usize, other: usize| (self.width[row[one]] + self.width[row[other]]) / 2.0 + BESIDE;
                // As far left as wanted, and as far right; in the middle all are apart and nobody is favoured.
                let mut left = wanted.clone();
                for index in 1..row.len() {
                    left[index] = left[index].max(left[index - 1] + apart(index - 1, index));
                }
                let mut right = wanted;
                for index in (1..row.len()).rev() {
                    right[index - 1] = right[index - 1].min(right[index] - apart(index - 1, index));
                }
                for (&place, (left, right)) in row.iter().zip(left.iter().zip(&right)) {
                    self.across[place] = (left + right) / 2.0;
                }
            }
        }
        let start = self.across.iter().zip(&self.width).map(|(across, width)| across - width / 2.0);
        let start = start.min_by(f64::total_cmp).unwrap_or(0.0);
        self.across.iter_mut().for_each(|across| *across -= start);
    }

    fn into_layout<K, E>(self, graph: &Graph<K, E>, layer: &[usize], sizes: &[Point], between: f64) -> Layout {
        // Where each layer begins and ends.
        let mut spans = Vec::new();
        let mut end = -between;
        for row in &self.rows {
            let size = row.iter().filter_map(|&place| sizes.get(place)).map(|size| size.along).fold(0.0, f64::max);
            let start = end + between;
            end = start + size;
            spans.push((start, end));
        }
        let centre = |node: NodeId| {
            let (start, end) = spans[layer[node.index()]];
            Point { along: f64::midpoint(start, end), across: self.across[node.index()] }
        };
        let pairs = graph.ids().flat_map(|from| graph.dependencies(from).iter().map(move |&to| (from, to)));
        let routes = pairs.zip(&self.passing).map(|((from, to), first)| {
            // Straight past the boxes of a layer.
            let passed = first.iter().flat_map(|&first| {
                let spans = &spans[layer[from.index()] + 1..layer[to.index()]];
                spans.iter().zip(first..).flat_map(|(&(start, end), place)| {
                    [start, end].map(|along| Point { along, across: self.across[place] })
                })
            });
            std::iter::once(centre(from)).chain(passed).chain([centre(to)]).collect()
        });
        let across = self.across.iter().zip(&self.width).map(|(across, width)| across + width / 2.0);
        Layout {
            centres: graph.ids().map(centre).collect(),
            routes: routes.collect(),
            extent: Point { along: end.max(0.0), across: across.fold(0.0, f64::max) },
        }
    }
}

fn average(places: &[usize], values: &[f64]) -> Option<f64> {
    let sum: f64 = places.iter().map(|&place| values[place]).sum();
    (!places.is_empty()).then(|| sum / places.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BESIDE, Point, layout};
    use crate::Graph;

    proptest! {
        /// Boxes do not overlap, arrows go down unless they close a cycle, and all is inside.
        #[test]
        fn readable(
            size in 1..30_usize,
            edges in prop::collection::vec((0..30_usize, 0..30_usize), 0..60),
            widths in prop::collection::vec(10..200_u32, 30),
        ) {
            let edges = edges.into_iter().map(|(from, to)| (from % size, to % size, ()));
            let graph = Graph::from_numbered((0..size).collect(), edges).unwrap();
            let sizes: Vec<Point> =
                widths[..size].iter().map(|&across| Point { along: 40.0, across: across.into() }).collect();
            let found = layout(&graph, &sizes, 50.0);
            for (one, (centre, half)) in found.centres.iter().zip(&sizes).enumerate() {
                let from = centre.across - half.across / 2.0;
                prop_assert!(from >= -0.001 && from + half.across <= found.extent.across + 0.001);
                prop_assert!(centre.along >= 20.0 && centre.along + 20.0 <= found.extent.along);
                for (other, size) in found.centres.iter().zip(&sizes).skip(one + 1) {
                    let apart = (half.across + size.across) / 2.0 + BESIDE - 0.001;
                    prop_assert!(other.along != centre.along || (other.across - centre.across).abs() >= apart);
                }
            }
            if let Ok(dag) = graph.into_dag() {
                for (edge, route) in dag.edges().zip(&found.routes) {
                    prop_assert!(route.windows(2).all(|step| step[0].along < step[1].along));
                    prop_assert_eq!(route.first(), found.centres.get(edge.from.index()));
                    prop_assert_eq!(route.last(), found.centres.get(edge.to.index()));
                }
            }
        }
    }
}
