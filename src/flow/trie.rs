//! A persistent map from numbers: a copy costs nothing, a change costs a few nodes, and two copies are compared only where
//! they differ. Paths of one request differ in little, and the heap of a large program has a hundred thousand things.
//!
//! `imbl`, the well-kept library of such maps, is under a licence that `deny.toml` does not admit; `rpds` cannot tell where two
//! copies differ without walking both.

use std::marker::PhantomData;
use std::sync::Arc;

const BITS: u32 = 4;
const WIDTH: usize = 1 << BITS;

/// A number that keys a map. The few numbers at the upper end are near the lower one for the map.
pub trait Key: Copy {
    /// The number.
    fn number(self) -> u32;
    /// The key of a number.
    fn of(number: u32) -> Self;
}

/// So many numbers at the upper end are set apart.
const APART: u32 = 16;

#[derive(Debug)]
enum Node<V> {
    Leaf(Arc<[Option<V>; WIDTH]>),
    Branch(Arc<[Option<Node<V>>; WIDTH]>),
}

impl<V> Clone for Node<V> {
    fn clone(&self) -> Self {
        match self {
            Node::Leaf(values) => Node::Leaf(Arc::clone(values)),
            Node::Branch(nodes) => Node::Branch(Arc::clone(nodes)),
        }
    }
}

/// A persistent map; iterated in the order of its keys.
#[derive(Debug)]
pub struct Trie<K, V> {
    root: Option<Node<V>>,
    /// Branches above the leaves.
    height: u32,
    key: PhantomData<K>,
}

impl<K, V> Clone for Trie<K, V> {
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            height: self.height,
            key: PhantomData,
        }
    }
}

impl<K, V> Default for Trie<K, V> {
    fn default() -> Self {
        Self {
            root: None,
            height: 0,
            key: PhantomData,
        }
    }
}

fn slot(index: u32, level: u32) -> usize {
    ((index >> (level * BITS)) as usize) & (WIDTH - 1)
}

fn holds(height: u32, index: u32) -> bool {
    (height + 1) * BITS >= u32::BITS || index >> ((height + 1) * BITS) == 0
}

impl<K: Key, V: Clone> Trie<K, V> {
    fn index(key: K) -> u32 {
        key.number().wrapping_add(APART)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: K) -> Option<&V> {
        let index = Self::index(key);
        if !holds(self.height, index) {
            return None;
        }
        let mut node = self.root.as_ref()?;
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(values) => return values[slot(index, 0)].as_ref(),
                Node::Branch(nodes) => node = nodes[slot(index, level)].as_ref()?,
            }
            level -= 1;
        }
    }

    /// Whether there is a value.
    #[must_use]
    pub fn contains_key(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let index = Self::index(key);
        // Nothing is copied for a key that is not there.
        self.get(key)?;
        let mut node = self.root.as_mut()?;
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(values) => return Arc::make_mut(values)[slot(index, 0)].as_mut(),
                Node::Branch(nodes) => node = Arc::make_mut(nodes)[slot(index, level)].as_mut()?,
            }
            level -= 1;
        }
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        let index = Self::index(key);
        while !holds(self.height, index) {
            if let Some(root) = self.root.take() {
                let mut nodes: [Option<Node<V>>; WIDTH] = [const { None }; WIDTH];
                nodes[0] = Some(root);
                self.root = Some(Node::Branch(Arc::new(nodes)));
            }
            self.height += 1;
        }
        set(&mut self.root, self.height, index, value);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: K) {
        if !self.contains_key(key) {
            return;
        }
        let index = Self::index(key);
        let (mut node, mut level) = (self.root.as_mut(), self.height);
        while let Some(inner) = node {
            match inner {
                Node::Leaf(values) => {
                    Arc::make_mut(values)[slot(index, 0)] = None;
                    return;
                }
                Node::Branch(nodes) => node = Arc::make_mut(nodes)[slot(index, level)].as_mut(),
            }
            level -= 1;
        }
    }

    /// Whether both are copies of one map that neither has changed.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (Some(ours), Some(theirs)) => self.height == other.height && shared(ours, theirs),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        }
    }

    /// All keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        let mut all = Vec::new();
        if let Some(root) = &self.root {
            each(root, self.height, 0, &mut |index, value| all.push((index, value)));
        }
        all.into_iter()
            .map(|(index, value)| (K::of(index.wrapping_sub(APART)), value))
    }

    /// All values, by key.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// What one map holds and the other does not hold as the same node: keys whose values may differ, with both values.
    #[must_use]
    pub fn differences<'m>(&'m self, other: &'m Self) -> Vec<(K, Option<&'m V>, Option<&'m V>)> {
        let mut all = Vec::new();
        let top = self.height.max(other.height);
        differ(
            (self.root.as_ref(), self.height),
            (other.root.as_ref(), other.height),
            top,
            0,
            &mut |index, ours, theirs| all.push((K::of(index.wrapping_sub(APART)), ours, theirs)),
        );
        all
    }
}

fn shared<V>(ours: &Node<V>, theirs: &Node<V>) -> bool {
    match (ours, theirs) {
        (Node::Leaf(ours), Node::Leaf(theirs)) => Arc::ptr_eq(ours, theirs),
        (Node::Branch(ours), Node::Branch(theirs)) => Arc::ptr_eq(ours, theirs),
        _ => false,
    }
}

fn set<V: Clone>(node: &mut Option<Node<V>>, level: u32, index: u32, value: V) {
    let node = node.get_or_insert_with(|| {
        if level == 0 {
            Node::Leaf(Arc::new([const { None }; WIDTH]))
        } else {
            Node::Branch(Arc::new([const { None }; WIDTH]))
        }
    });
    match node {
        Node::Leaf(values) => Arc::make_mut(values)[slot(index, 0)] = Some(value),
        Node::Branch(nodes) => set(&mut Arc::make_mut(nodes)[slot(index, level)], level - 1, index, value),
    }
}

fn each<'m, V>(node: &'m Node<V>, level: u32, start: u32, act: &mut impl FnMut(u32, &'m V)) {
    match node {
        Node::Leaf(values) => {
            for (index, value) in (start..).zip(values.iter()) {
                if let Some(value) = value {
                    act(index, value);
                }
            }
        }
        Node::Branch(nodes) => {
            for (at, inner) in (0..).zip(nodes.iter()) {
                if let Some(inner) = inner {
                    each(inner, level - 1, start | at << (level * BITS), act);
                }
            }
        }
    }
}

type Below<'m, V> = (Option<&'m Node<V>>, u32);

fn differ<'m, V>(
    ours: Below<'m, V>,
    theirs: Below<'m, V>,
    level: u32,
    start: u32,
    act: &mut impl FnMut(u32, Option<&'m V>, Option<&'m V>),
) {
    match (ours.0, theirs.0) {
        (None, None) => {}
        (Some(one), Some(other)) if ours.1 == theirs.1 && shared(one, other) => {}
        (Some(Node::Leaf(ours)), Some(Node::Leaf(theirs))) if level == 0 => {
            for (index, (one, other)) in (start..).zip(ours.iter().zip(theirs.iter())) {
                if one.is_some() || other.is_some() {
                    act(index, one.as_ref(), other.as_ref());
                }
            }
        }
        (Some(node), None) => each(node, ours.1, start, &mut |index, value| act(index, Some(value), None)),
        (None, Some(node)) => each(node, theirs.1, start, &mut |index, value| {
            act(index, None, Some(value));
        }),
        _ => {
            for at in 0..WIDTH {
                let next = start | (u32::try_from(at).unwrap_or(0) << (level * BITS));
                differ(child(ours, level, at), child(theirs, level, at), level - 1, next, act);
            }
        }
    }
}

/// One part of a node at a level; a lower node is all in the first part.
fn child<V>((node, height): Below<'_, V>, level: u32, at: usize) -> Below<'_, V> {
    match node {
        Some(Node::Branch(nodes)) if height == level => (nodes[at].as_ref(), height - 1),
        Some(_) if height < level && at == 0 => (node, height),
        _ => (None, 0),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{Key, Trie};

    impl Key for u32 {
        fn number(self) -> u32 {
            self
        }

        fn of(number: u32) -> Self {
            number
        }
    }

    fn key() -> impl Strategy<Value = u32> {
        prop_oneof![0..40u32, 0..5_000u32, 0..u32::MAX, u32::MAX - 8..=u32::MAX]
    }

    fn changes() -> impl Strategy<Value = Vec<(u32, Option<u8>)>> {
        prop::collection::vec((key(), any::<Option<u8>>()), 0..60)
    }

    fn change(trie: &mut Trie<u32, u8>, map: &mut BTreeMap<u32, u8>, changes: Vec<(u32, Option<u8>)>) {
        for (key, value) in changes {
            if let Some(value) = value {
                trie.insert(key, value);
                map.insert(key, value);
            } else {
                trie.remove(key);
                map.remove(&key);
            }
        }
    }

    proptest! {
        #[test]
        fn does_what_a_map_does(first in changes(), second in changes(), third in changes()) {
            let (mut trie, mut map) = (Trie::default(), BTreeMap::new());
            change(&mut trie, &mut map, first);
            let (mut other, mut theirs) = (trie.clone(), map.clone());
            prop_assert!(trie.same(&other));
            change(&mut trie, &mut map, second);
            change(&mut other, &mut theirs, third);
            for (trie, map) in [(&trie, &map), (&other, &theirs)] {
                let all: BTreeMap<u32, u8> = trie.iter().map(|(key, value)| (key, *value)).collect();
                prop_assert_eq!(&all, map);
                for key in map.keys() {
                    prop_assert_eq!(trie.get(*key), map.get(key));
                }
            }
            let mut told = trie.clone();
            for (key, ours, value) in trie.differences(&other) {
                prop_assert_eq!(ours, map.get(&key));
                prop_assert_eq!(value, theirs.get(&key));
                match value {
                    Some(value) => told.insert(key, *value),
                    None => told.remove(key),
                }
            }
            let told: BTreeMap<u32, u8> = told.iter().map(|(key, value)| (key, *value)).collect();
            prop_assert_eq!(told, theirs);
        }
    }
}
