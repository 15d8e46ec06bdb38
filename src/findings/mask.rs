/// How many of its first characters may be shown of a secret: at most four, and at most a quarter of it.
#[must_use]
pub fn shown(secret: &str) -> usize {
    (secret.chars().count() / 4).min(4)
}

/// A secret as it may be shown: enough of its beginning to recognise it in one's own list of keys, never enough to
/// use it.
#[must_use]
pub fn mask(secret: &str) -> String {
    let mut masked: String = secret
        .chars()
        .take(shown(secret))
        // A control character in a key must not reach the terminal by way of its mask.
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    masked.push('…');
    masked
}
