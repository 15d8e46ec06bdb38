//! Aligned columns.

use std::io::{self, Write};

use super::text::{width, wrap};

/// A table whose cells may have several lines, with free lines below a row.
pub(super) struct Grid {
    columns: Vec<Column>,
    rows: Vec<Row>,
    air: bool,
}

struct Column {
    title: &'static str,
    /// Cells wider than this are wrapped.
    limit: usize,
}

#[derive(Default)]
struct Row {
    cells: Vec<Vec<String>>,
    below: Vec<String>,
}

impl Grid {
    /// Columns by title and by the width at which their cells are wrapped; `air` is an empty line between rows, for rows
    /// of several lines.
    pub(super) fn new(columns: impl IntoIterator<Item = (&'static str, usize)>, air: bool) -> Self {
        let columns = columns
            .into_iter()
            .map(|(title, limit)| Column { title, limit })
            .collect();
        Self {
            columns,
            rows: Vec::new(),
            air,
        }
    }

    /// A row: for each column the values of its cell, one below the other. `below` are lines that explain the row.
    pub(super) fn row(&mut self, cells: &[Vec<String>], below: Vec<String>) {
        let cells = cells
            .iter()
            .zip(&self.columns)
            .map(|(values, column)| values.iter().flat_map(|value| fold(value, column.limit)).collect())
            .collect();
        self.rows.push(Row { cells, below });
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let cells = self.rows.iter().flat_map(|row| &row.cells[index]);
                cells
                    .map(|line| width(line))
                    .chain([width(column.title)])
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title).collect();
        write_line(out, &titles, &widths)?;
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 && self.air {
                writeln!(out)?;
            }
            let height = row.cells.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let cells: Vec<&str> = row
                    .cells
                    .iter()
                    .map(|cell| cell.get(line).map_or("", String::as_str))
                    .collect();
                write_line(out, &cells, &widths)?;
            }
            for line in &row.below {
                writeln!(out, "    {line}")?;
            }
        }
        Ok(())
    }
}

/// Wraps between words, and within a word that is too long (a URL rule, a dotted name): behind a mark that parts it if
/// there is one not too far back, and anywhere if not.
fn fold(value: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrap(value, limit) {
        let mut part = String::new();
        for c in line.chars() {
            if width(&part) >= limit {
                let parted = part.rfind(['/', '.', '_', '-', ' ']).map(|at| at + 1);
                let at = parted.filter(|at| *at >= part.len() / 2).unwrap_or(part.len());
                let rest = part.split_off(at);
                lines.push(std::mem::replace(&mut part, rest));
            }
            part.push(c);
        }
        lines.push(part);
    }
    lines
}

fn write_line(out: &mut dyn Write, cells: &[&str], widths: &[usize]) -> io::Result<()> {
    let mut line = String::new();
    for (cell, columns) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(cell)) + 2));
    }
    writeln!(out, "{}", line.trim_end())
}
