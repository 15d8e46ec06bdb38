/// A secret as it may be shown: enough of its beginning to recognise it in one's own list of keys, never enough to
/// use it. At most four characters, and at most a quarter of it.
#[must_use]
pub fn mask(secret: &str) -> String {
    let shown = (secret.chars().count() / 4).min(4);
    let mut masked: String = secret
        .chars()
        .take(shown)
        // A control character in a key must not reach the terminal by way of its mask.
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    masked.push('…');
    masked
}
