//! What the text of an SQL statement says: table, what it changes, and which column each parameter meets.

use ruff_python_ast::name::Name;

use super::intern::Load;
use super::value::Change;

/// A statement, as far as its parameters need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The first table named.
    pub table: String,
    /// What it does.
    pub change: Change,
    /// It makes a new row, whatever else there is.
    pub makes: bool,
    /// It answers more than that something is there.
    pub tells: bool,
    /// The columns that positional parameters meet, in order; `None` for values that are stored.
    pub parameters: Vec<Option<String>>,
    /// The columns of named parameters.
    pub named: Vec<(String, String)>,
    /// The columns that it answers, as far as it names them.
    pub selected: Vec<Name>,
    /// The columns of its answer by their place, up to the first `*`; empty where one is computed.
    pub placed: Vec<Name>,
    /// The columns that choose the rows, whatever they are held against.
    pub tested: Vec<Name>,
}

impl Statement {
    /// Reads a statement; holes of a format string count as parameters.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let tokens = tokens(text);
        let lower: Vec<String> = tokens.iter().map(|token| token.to_ascii_lowercase()).collect();
        let change = match lower.first().map(String::as_str) {
            Some("update" | "insert" | "replace") => Change::Write,
            Some("delete") => Change::Delete,
            _ => Change::None,
        };
        let table = lower
            .iter()
            .position(|token| matches!(token.as_str(), "from" | "into" | "update"))
            .and_then(|index| tokens.get(index + 1))
            .map_or_else(
                || "table".to_owned(),
                |name| name.trim_matches(['"', '`', '\'']).to_owned(),
            );
        let replaces = lower.iter().any(|token| matches!(token.as_str(), "replace" | "update"));
        let makes = lower.first().is_some_and(|token| token == "insert") && !replaces;
        let tells = tells(&lower);
        let mut parameters = Vec::new();
        let mut named = Vec::new();
        let mut tested = Vec::new();
        let mut chooses = false;
        for (index, token) in lower.iter().enumerate() {
            match token.as_str() {
                "where" | "on" => chooses = true,
                "set" | "values" | "limit" | "offset" => chooses = false,
                _ => {}
            }
            if chooses && is_column(token) {
                tested.push(Name::new(unqualified(token)));
            }
            let column = || lower[..index].iter().rev().find(|token| is_column(token)).cloned();
            if is_positional(token) {
                parameters.push(if chooses { column() } else { None });
            } else if let Some(name) = parameter_name(token)
                && chooses
                && let Some(column) = column()
            {
                named.push((name, column));
            }
        }
        Self {
            table,
            change,
            makes,
            tells,
            parameters,
            named,
            selected: if counts(text) {
                vec![Name::new_static(Load::COUNT)]
            } else {
                selected(&lower)
            },
            placed: placed(text),
            tested,
        }
    }

    /// The column that a positional parameter meets; `None` where it is stored rather than met.
    #[must_use]
    pub fn place_of(&self, index: usize) -> Option<String> {
        match self.parameters.get(index) {
            Some(column) => column.as_deref().map(unqualified),
            None => Some(String::new()),
        }
    }

    /// The column of a named parameter, or the name itself.
    #[must_use]
    pub fn column_of(&self, name: &str) -> Name {
        self.named
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or_else(|| Name::new(name), |(_, column)| Name::new(unqualified(column)))
    }
}

/// The columns of a selection.
fn selected(tokens: &[String]) -> Vec<Name> {
    if tokens.first().map(String::as_str) != Some("select") {
        return Vec::new();
    }
    let columns = tokens[1..].iter().take_while(|token| *token != "from");
    columns
        .filter(|token| is_column(token))
        .map(|token| Name::new(unqualified(token)))
        .collect()
}

/// The columns of a selection in their order, each as the table calls it.
fn placed(text: &str) -> Vec<Name> {
    let text = text.trim_start();
    let begins = text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"));
    let mut columns = Vec::new();
    let mut depth = 0_usize;
    let mut part = String::new();
    for word in text
        .get(6..)
        .filter(|_| begins)
        .unwrap_or_default()
        .split_inclusive(|c: char| !is_of_word(c))
    {
        let (word, end) = match word.char_indices().next_back() {
            Some((at, c)) if !is_of_word(c) => (&word[..at], c),
            _ => (word, ' '),
        };
        if depth == 0 && word.eq_ignore_ascii_case("from") {
            break;
        }
        part.push_str(word);
        match end {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && end == ',' {
            columns.push(std::mem::take(&mut part));
        } else {
            part.push(end);
        }
    }
    columns.push(part);
    let columns = columns.iter().take_while(|part| !part.trim_end().ends_with('*'));
    columns.map(|part| column_alone(part)).collect()
}

/// The column that a part of a selection is, where it is one, under whatever other name.
fn column_alone(part: &str) -> Name {
    let words: Vec<&str> = part.split_whitespace().collect();
    let words = match words.as_slice() {
        [first, rest @ ..] if first.eq_ignore_ascii_case("distinct") => rest,
        all => all,
    };
    let plain = |word: &str| word.chars().all(is_of_word) && !word.starts_with(|c: char| c.is_ascii_digit());
    match words {
        [column] if plain(column) => Name::new(unqualified(&column.to_ascii_lowercase())),
        [column, named, _] if plain(column) && named.eq_ignore_ascii_case("as") => {
            Name::new(unqualified(&column.to_ascii_lowercase()))
        }
        _ => Name::default(),
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '`')
}

/// Whether a selection asks how many rows there are, and for nothing else.
fn counts(text: &str) -> bool {
    let lower = text.trim_start().to_ascii_lowercase();
    let Some(answer) = lower.strip_prefix("select").map(str::trim_start) else {
        return false;
    };
    let answer: Vec<&str> = answer.split_whitespace().take_while(|word| *word != "from").collect();
    let answer = answer.join(" ");
    let inner = answer.strip_prefix("count").map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with('(')) && !answer.contains(',') && answer.matches('(').count() == 1
}

/// Whether a selection names a column that is no key; `*` may.
fn tells(tokens: &[String]) -> bool {
    if tokens.first().map(String::as_str) != Some("select") {
        return true;
    }
    let end = tokens.iter().position(|token| token == "from").unwrap_or(tokens.len());
    let columns = &tokens[1..end.max(1)];
    let mere = |token: &String| {
        let name = unqualified(token);
        name.parse::<i64>().is_ok()
            || ["count", "exists", "distinct", "true", "select"].contains(&name.as_str())
            || ["key", "token", "digest", "hash", "secret"]
                .iter()
                .any(|part| name.contains(part))
    };
    columns.is_empty() || !columns.iter().all(mere)
}

fn unqualified(column: &str) -> String {
    column
        .rsplit('.')
        .next()
        .unwrap_or(column)
        .trim_matches(['"', '`'])
        .to_owned()
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '%' | '$' | '@' | '"' | '`') {
            token.push(c);
            continue;
        }
        if !token.is_empty() {
            tokens.push(std::mem::take(&mut token));
        }
        if matches!(c, '?' | '\u{0}') {
            tokens.push(c.to_string());
        }
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

fn is_positional(token: &str) -> bool {
    matches!(token, "?" | "%s" | "\u{0}") || (token.starts_with('$') && token.len() > 1)
}

fn parameter_name(token: &str) -> Option<String> {
    if let Some(name) = token.strip_prefix(':').or_else(|| token.strip_prefix('@')) {
        return (!name.is_empty()).then(|| name.to_owned());
    }
    (token == "%").then(String::new)
}

fn is_column(token: &str) -> bool {
    token
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_' || c == '"' || c == '`')
        && !matches!(
            token,
            "and" | "or" | "in" | "like" | "where" | "not" | "is" | "any" | "between" | "ilike" | "lower" | "on"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_meet_their_columns() {
        let statement = Statement::of("SELECT * FROM invoices i WHERE i.id = ? AND i.tenant_id = ?");
        assert_eq!(statement.table, "invoices");
        assert_eq!(statement.place_of(0).as_deref(), Some("id"));
        assert_eq!(statement.place_of(1).as_deref(), Some("tenant_id"));
        let statement = Statement::of("SELECT k.tenant, revoked FROM keys k WHERE k.digest = ? AND NOT disabled");
        assert_eq!(statement.selected, ["tenant", "revoked"]);
        assert_eq!(statement.tested, ["digest", "disabled"]);
        let placed = |text: &str| Statement::of(text).placed;
        assert_eq!(
            placed("SELECT DISTINCT k.id, COALESCE(a, b) x, `Revoked` AS gone, now() FROM keys k"),
            ["id", "", "revoked", ""]
        );
        assert_eq!(placed("select id, k.*, revoked from keys k"), ["id"]);
        assert!(placed("SELECT * FROM keys").is_empty());
    }

    #[test]
    fn a_count_tells_nothing_of_the_rows() {
        let selected = |text: &str| Statement::of(text).selected;
        assert_eq!(
            selected("SELECT COUNT(*) AS n FROM notes WHERE shelf = ?"),
            [Load::COUNT]
        );
        assert_ne!(
            selected("SELECT count(*), max(body) FROM notes WHERE shelf = ?"),
            [Load::COUNT]
        );
        assert_ne!(selected("SELECT count FROM stock WHERE id = ?"), [Load::COUNT]);
        assert_ne!(
            selected("SELECT count(valid_from), body FROM notes WHERE shelf = ?"),
            [Load::COUNT]
        );
    }

    #[test]
    fn stored_values_choose_nothing() {
        let statement = Statement::of("UPDATE notes SET body = %s WHERE id = %s");
        assert_eq!(statement.change, Change::Write);
        assert_eq!(statement.place_of(0), None);
        assert_eq!(statement.place_of(1).as_deref(), Some("id"));
    }

    #[test]
    fn named_parameters_find_their_columns() {
        let statement = Statement::of("DELETE FROM notes WHERE id = :note AND owner = :who");
        assert_eq!(statement.change, Change::Delete);
        assert_eq!(statement.column_of("who"), "owner");
    }
}
