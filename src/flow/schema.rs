//! The columns of tables, as `CREATE TABLE` statements in the program's own texts name them.

use std::collections::BTreeMap;

/// What begins a definition of a table or of an index on it, and no column.
const NO_COLUMN: [&str; 9] = [
    "primary",
    "foreign",
    "unique",
    "check",
    "constraint",
    "key",
    "index",
    "exclude",
    "like",
];

/// The tables that a module's text makes, by name, each with its columns; without regard to case.
pub fn read(text: &str, tables: &mut BTreeMap<String, Vec<String>>) {
    const START: &str = "create table";
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find(START) {
        from += found + START.len();
        if let Some((name, columns)) = table(&lower[from..]) {
            let known = tables.entry(name).or_default();
            for column in columns {
                if !known.contains(&column) {
                    known.push(column);
                }
            }
        }
    }
}

/// The name and the columns of a table, after the words that make it.
fn table(text: &str) -> Option<(String, Vec<String>)> {
    let (head, body) = text.split_once('(')?;
    let mut words = words(head);
    let name = words.pop().filter(|_| !head.contains('{'))?;
    let known = ["if", "not", "exists"];
    if words.iter().any(|word| !known.contains(&word.as_str())) {
        return None;
    }
    let mut columns = Vec::new();
    for part in parts(body)? {
        let Some(column) = self::words(part).into_iter().next() else {
            continue;
        };
        if !NO_COLUMN.contains(&column.as_str()) {
            columns.push(column);
        }
    }
    let name = name.rsplit('.').next().unwrap_or(&name).to_owned();
    (!columns.is_empty()).then_some((name, columns))
}

/// What commas separate, up to the bracket that closes; none where it does not close soon.
fn parts(body: &str) -> Option<Vec<&str>> {
    const LONGEST: usize = 8_000;
    let mut parts = Vec::new();
    let (mut depth, mut begin) = (0_usize, 0);
    for (at, c) in body.char_indices().take_while(|(at, _)| *at < LONGEST) {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => {
                parts.push(&body[begin..at]);
                return Some(parts);
            }
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&body[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    None
}

/// The words of a piece of a statement that may stand in several texts of the source, one below the other.
fn words(text: &str) -> Vec<String> {
    let plain = text.replace("\\n", " ").replace("\\t", " ").replace("\\\"", " ");
    let words = plain.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str, table: &str) -> Vec<String> {
        let mut tables = BTreeMap::new();
        read(text, &mut tables);
        tables.remove(table).unwrap_or_default()
    }

    #[test]
    fn columns_are_named_and_constraints_are_not() {
        let text = "'''CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL,
            price DECIMAL(10, 2), FOREIGN KEY (user_id) REFERENCES users (id))'''";
        assert_eq!(columns(text, "notes"), ["id", "user_id", "price"]);
    }

    #[test]
    fn a_statement_may_stand_in_several_texts() {
        let text = "(\"create table \\\"Keys\\\" (\"\n    \"id integer,\\n\"\n    \"`revoked` boolean)\")";
        assert_eq!(columns(text, "keys"), ["id", "revoked"]);
    }

    #[test]
    fn what_does_not_close_is_no_table() {
        assert!(columns("CREATE TABLE notes (id INTEGER,", "notes").is_empty());
        assert!(columns("create table {name} as select (1)", "as").is_empty());
    }
}
