use crate::Random;

/// A family of acyclic graphs of any size, the same each time.
///
/// Nodes are the numbers `0..size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Each node depends on the one before.
    Chain,
    /// One node depends on all others, which depend on nothing.
    Wide,
    /// Layers of a hundred nodes, each of which depends on three of the layer before.
    Layered,
    /// The same, with the nodes numbered at random.
    Shuffled,
    /// All nodes depend on one.
    Hub,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Chain, Self::Wide, Self::Layered, Self::Shuffled, Self::Hub];

    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Wide => "wide",
            Self::Layered => "layered",
            Self::Shuffled => "layered, shuffled",
            Self::Hub => "hub",
        }
    }

    /// The edges `(from, to)`, of which `from` depends on `to`; none twice.
    #[must_use]
    pub fn edges(self, size: u32) -> Vec<(u32, u32)> {
        self.variant(size, 0)
    }

    /// The edges of another graph of the same family and size; those that are not random are all the same.
    #[must_use]
    pub fn variant(self, size: u32, number: u32) -> Vec<(u32, u32)> {
        match self {
            Self::Chain => (1..size).map(|node| (node, node - 1)).collect(),
            Self::Wide => (1..size).map(|node| (0, node)).collect(),
            Self::Hub => (1..size).map(|node| (node, 0)).collect(),
            Self::Layered => layered(size, number),
            Self::Shuffled => {
                let names = permutation(size, number);
                layered(size, number).iter().map(|&(from, to)| (names[from as usize], names[to as usize])).collect()
            }
        }
    }
}

fn layered(size: u32, variant: u32) -> Vec<(u32, u32)> {
    const WIDTH: u32 = 100;
    let mut random = Random::new(0x5c07e ^ u64::from(variant) << 32);
    let mut edges = Vec::new();
    for node in WIDTH..size {
        let layer = (node / WIDTH - 1) * WIDTH;
        let mut chosen = [0; 3];
        for count in 0..3 {
            chosen[count] = loop {
                let other = layer + random.below(WIDTH);
                if !chosen[..count].contains(&other) {
                    break other;
                }
            };
            edges.push((node, chosen[count]));
        }
    }
    edges
}

fn permutation(size: u32, variant: u32) -> Vec<u32> {
    let mut random = Random::new(0xb10c ^ u64::from(variant) << 32);
    let mut names: Vec<u32> = (0..size).collect();
    for place in (1..size).rev() {
        names.swap(place as usize, random.below(place + 1) as usize);
    }
    names
}
