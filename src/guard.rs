//! A panic costs the file or endpoint it happened in, and nothing else.
//!
//! The input is untrusted, and the parser and the engine are large: what goes wrong in one file is caught, reported as
//! `WK002` and forgotten.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    /// How many [`guarded`] calls this thread is inside of.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs `work`; a panic in it becomes the error, with the panic's message.
///
/// The work must leave nothing half-done behind that is read afterwards: give it values of its own.
///
/// # Errors
/// When `work` panics.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    DEPTH.set(DEPTH.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| message(payload.as_ref()))
}

/// Keeps the standard message of panics that [`guarded`] catches from the terminal: they are reported as findings.
pub fn hush_guarded_panics() {
    let standard = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if DEPTH.get() == 0 {
            standard(info);
        }
    }));
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// Panics in a stage where a comment in the text asks for it, so that tests see what a panic costs.
///
/// # Panics
///
/// Where it is asked to: that is what it is for.
#[cfg(test)]
pub fn fail_where_asked(text: &str, stage: &str) {
    assert!(
        !text.contains(&format!("# panic while {stage}")),
        "asked for while {stage}"
    );
}

/// Panics so where the line of a place asks for it.
///
/// # Panics
///
/// Where it is asked to.
#[cfg(test)]
pub fn fail_where_line_asks(world: &crate::flow::world::World<'_>, place: crate::source::Place, stage: &str) {
    let rest = &world.file(place.file).text[place.range.start().to_usize()..];
    fail_where_asked(rest.lines().next().unwrap_or_default(), stage);
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| panic!("as it is")), Err::<(), _>("as it is".to_owned()));
        assert_eq!(guarded(|| panic!("with {}", 1)), Err::<(), _>("with 1".to_owned()));
    }
}
