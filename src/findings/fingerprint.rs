use rustc_hash::FxHashMap;

use super::Finding;
use super::location::{line_at, within};
use super::way::enclosing;
use crate::source::Sources;

/// Gives each finding its fingerprint, `<16 hex digits>:<occurrence>`.
///
/// A finding keeps its fingerprint while its rule, its file, the function it stands in and the words of its line stay
/// the same, wherever the line moves to. Findings that agree in all of these are told apart by a counter, so the
/// findings must come in their settled order.
pub fn fingerprint(sources: &Sources, findings: &mut [Finding]) {
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    for finding in findings {
        let hash = identity(sources, finding);
        let occurrence = seen.entry(hash).or_default();
        *occurrence += 1;
        finding.fingerprint = format!("{hash:016x}:{occurrence}");
    }
}

fn identity(sources: &Sources, finding: &Finding) -> u64 {
    let file = sources.file(finding.place.file);
    let offset = within(file, finding.place.range).start();
    let mut hash = Fnv::default();
    hash.part([finding.rule.code()]);
    hash.part([file.path.as_str()]);
    hash.part(enclosing(file, offset));
    hash.part(line_at(file, offset).2.split_whitespace());
    hash.0
}

/// FNV-1a, 64 bits. Fingerprints are kept in other people's databases, so they rest on a hash that is written down
/// and not on one that a library may change.
pub(super) struct Fnv(pub(super) u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    /// Words with a separator behind each, and one behind the part, so that no two lists of parts run together.
    pub(super) fn part<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) {
        for word in words {
            word.bytes().for_each(|byte| self.byte(byte));
            self.byte(0xff);
        }
        self.byte(0xfe);
    }
}
