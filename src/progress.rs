//! How far a run has come, for those who watch it.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What is done of what there is to do. Threads count up, and whoever watches looks at it now and then.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files that are read and parsed.
    pub files: Count,
    /// Endpoints that are interpreted.
    pub endpoints: Count,
}

/// So many of so many.
#[derive(Debug, Default)]
pub struct Count {
    done: AtomicUsize,
    of: AtomicUsize,
}

impl Count {
    /// There are so many.
    pub fn expect(&self, of: usize) {
        self.of.store(of, Ordering::Relaxed);
    }

    /// One more is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// How many are done, of how many.
    #[must_use]
    pub fn read(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed))
    }
}
