//! The loops of a program's graph, nested as they are.

use std::collections::BTreeMap;

use prevail::cfg::label::Label;
use prevail::ir::program::Program as Cfg;

/// A piece of the graph; pieces are listed in an order in which edges only lead back to a loop's head.
pub enum Part {
    Label(Label),
    Loop(Loop),
}

pub struct Loop {
    pub head: Label,
    /// The head first.
    pub parts: Vec<Part>,
    /// Whether the loop is entered at its head only, and its rounds are counted there.
    pub is_plain: bool,
}

impl Loop {
    /// All labels, those of inner loops too.
    pub fn labels(&self) -> Vec<&Label> {
        let mut found = Vec::new();
        let mut todo: Vec<&Part> = self.parts.iter().collect();
        while let Some(part) = todo.pop() {
            match part {
                Part::Label(label) => found.push(label),
                Part::Loop(inner) => todo.extend(inner.parts.iter()),
            }
        }
        found
    }
}

/// The parts of the graph. None where loops are nested more than `max_depth` deep.
pub fn loops(cfg: &Cfg, max_depth: usize) -> Option<Vec<Part>> {
    let labels: Vec<&Label> = cfg.labels().collect();
    let numbers: BTreeMap<&Label, usize> = labels
        .iter()
        .enumerate()
        .map(|(number, label)| (*label, number))
        .collect();
    let edges = |next: &std::collections::BTreeSet<Label>| -> Vec<usize> {
        next.iter()
            .filter_map(|label| numbers.get(label).copied())
            .collect()
    };
    let mut graph = Nested {
        children: labels
            .iter()
            .map(|label| edges(cfg.cfg().children_of(label)))
            .collect(),
        parents: labels
            .iter()
            .map(|label| edges(cfg.cfg().parents_of(label)))
            .collect(),
        counted: labels
            .iter()
            .map(|label| numbers.contains_key(&Label::make_increment_counter(label)))
            .collect(),
        group: vec![0; labels.len()],
        groups: 0,
        labels,
    };
    let all = (0..graph.labels.len()).collect();
    graph.parts(all, max_depth)
}

struct Nested<'a> {
    labels: Vec<&'a Label>,
    children: Vec<Vec<usize>>,
    parents: Vec<Vec<usize>>,
    counted: Vec<bool>,
    /// The set of nodes that a node is in at the moment.
    group: Vec<usize>,
    groups: usize,
}

impl Nested<'_> {
    fn gather(&mut self, nodes: &[usize]) -> usize {
        self.groups += 1;
        for node in nodes {
            self.group[*node] = self.groups;
        }
        self.groups
    }

    fn parts(&mut self, nodes: Vec<usize>, depth: usize) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        for knot in self.knots(&nodes) {
            let first = knot[0];
            if knot.len() == 1 && !self.children[first].contains(&first) {
                parts.push(Part::Label(self.labels[first].clone()));
                continue;
            }
            if depth == 0 {
                return None;
            }
            let group = self.gather(&knot);
            let is_entry = |node: &usize| {
                let mut parents = self.parents[*node].iter();
                parents.any(|parent| self.group[*parent] != group)
            };
            let entries: Vec<usize> = knot.iter().copied().filter(is_entry).collect();
            let counted = entries.iter().copied().find(|node| self.counted[*node]);
            let head = counted.or(entries.first().copied()).unwrap_or(first);
            let rest = knot.into_iter().filter(|node| *node != head).collect();
            let mut inner = vec![Part::Label(self.labels[head].clone())];
            inner.extend(self.parts(rest, depth - 1)?);
            parts.push(Part::Loop(Loop {
                head: self.labels[head].clone(),
                parts: inner,
                is_plain: entries.len() == 1 && self.counted[head],
            }));
        }
        Some(parts)
    }

    /// The strongly connected components of `nodes` (Tarjan), those that others lead to last.
    fn knots(&mut self, nodes: &[usize]) -> Vec<Vec<usize>> {
        let group = self.gather(nodes);
        let mut order: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        let mut open: Vec<usize> = Vec::new();
        let mut closed = std::collections::BTreeSet::new();
        let mut found = Vec::new();
        for start in nodes {
            if order.contains_key(start) {
                continue;
            }
            let mut path = vec![(*start, 0)];
            order.insert(*start, (order.len(), order.len()));
            open.push(*start);
            while let Some((node, next)) = path.last_mut() {
                let (node, child) = (*node, self.children[*node].get(*next).copied());
                *next += 1;
                let (index, low) = order[&node];
                match child {
                    Some(child) if self.group[child] != group => {}
                    Some(child) => match order.get(&child) {
                        None => {
                            order.insert(child, (order.len(), order.len()));
                            open.push(child);
                            path.push((child, 0));
                        }
                        Some((seen, _)) if !closed.contains(&child) => {
                            order.insert(node, (index, low.min(*seen)));
                        }
                        Some(_) => {}
                    },
                    None => {
                        path.pop();
                        if let Some((parent, _)) = path.last() {
                            let (index, above) = order[parent];
                            order.insert(*parent, (index, above.min(low)));
                        }
                        if low == index {
                            let at = open.iter().rposition(|other| *other == node).unwrap_or(0);
                            let knot = open.split_off(at);
                            closed.extend(knot.iter().copied());
                            found.push(knot);
                        }
                    }
                }
            }
        }
        found.reverse();
        found
    }
}
