//! What may have been meant by a word that means nothing.

use crate::rules::edit_distance;

/// The word most like another; `None` where none is near.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let (distance, best) = known
        .into_iter()
        .map(|known| (edit_distance(&word, &known.to_ascii_lowercase()), known))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + word.len() / 4).then_some(best)
}

/// A parser's message, with a suggestion where it only lists what it knows.
pub(super) fn mend(message: &str) -> String {
    for (start, noun) in [("unknown field `", "setting"), ("unknown variant `", "value")] {
        let Some((word, rest)) = message.strip_prefix(start).and_then(|rest| rest.split_once('`')) else {
            continue;
        };
        // The names in a list stand between backquotes.
        let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        return match nearest(word, known.iter().copied()) {
            Some(meant) => format!("there is no {noun} `{word}`; did you mean `{meant}`?"),
            None if known.is_empty() => format!("there is no {noun} `{word}`"),
            None => {
                let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
                format!("there is no {noun} `{word}`; it is one of {}", known.join(", "))
            }
        };
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_near() {
        assert_eq!(nearest("ingore", ["select", "ignore"]), Some("ignore"));
        assert_eq!(nearest("colour", ["select", "ignore"]), None);
    }
}
