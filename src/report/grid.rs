//! Aligned columns.

use std::io::{self, Write};

use super::text::{width, wrap};

/// Between two columns.
const GAP: usize = 2;
/// A column is not made narrower than this, nor than its title.
const LEAST: usize = 7;
/// Before the lines below a row.
const INDENT: usize = 4;

/// A table whose cells may have several lines, with free lines below a row.
pub(super) struct Grid {
    titles: Vec<&'static str>,
    shares: Vec<usize>,
    rows: Vec<Row>,
    width: usize,
    air: bool,
}

#[derive(Default)]
struct Row {
    cells: Vec<Vec<String>>,
    below: Vec<String>,
}

impl Grid {
    /// Columns by their titles, together no wider than `width` where that can be, and how much room each gets there beside
    /// the others; `air` is an empty line between rows, for rows of several lines.
    pub(super) fn new(columns: &[(&'static str, usize)], width: usize, air: bool) -> Self {
        let (titles, shares) = columns.iter().copied().unzip();
        Self {
            titles,
            shares,
            rows: Vec::new(),
            width,
            air,
        }
    }

    /// A row: for each column the values of its cell, one below the other. `below` are lines that explain the row.
    pub(super) fn row(&mut self, cells: Vec<Vec<String>>, below: Vec<String>) {
        self.rows.push(Row { cells, below });
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let limits = self.limits();
        let rows: Vec<Vec<Vec<String>>> = self.rows.iter().map(|row| folded(row, &limits)).collect();
        let widths: Vec<usize> = (0..self.titles.len())
            .map(|index| {
                let lines = rows.iter().flat_map(|cells| &cells[index]);
                let title = width(self.titles[index]);
                lines.map(|line| width(line)).fold(title, usize::max)
            })
            .collect();
        write_line(out, &self.titles, &widths)?;
        for (index, (cells, row)) in rows.iter().zip(&self.rows).enumerate() {
            if index > 0 && self.air {
                writeln!(out)?;
            }
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let parts: Vec<&str> = cells
                    .iter()
                    .map(|cell| cell.get(line).map_or("", String::as_str))
                    .collect();
                write_line(out, &parts, &widths)?;
            }
            for text in &row.below {
                for line in wrap(text, self.width.saturating_sub(INDENT).max(LEAST)) {
                    writeln!(out, "{:INDENT$}{line}", "")?;
                }
            }
        }
        Ok(())
    }

    /// How wide each column may be: as wide as its values are, and where that is too wide for all of them together, the
    /// widest for their shares become narrower.
    fn limits(&self) -> Vec<usize> {
        let titles: Vec<usize> = self.titles.iter().map(|title| width(title)).collect();
        let values = |index: usize| self.rows.iter().flat_map(move |row| &row.cells[index]);
        let mut limits: Vec<usize> = titles
            .iter()
            .enumerate()
            .map(|(index, title)| values(index).map(|value| width(value)).fold(*title, usize::max))
            .collect();
        let room = self.width.saturating_sub(GAP * titles.len().saturating_sub(1));
        while limits.iter().sum::<usize>() > room {
            let wide = (0..limits.len()).filter(|index| limits[*index] > titles[*index].max(LEAST));
            let Some(widest) = wide.max_by_key(|index| limits[*index] * 100 / self.shares[*index]) else {
                break;
            };
            limits[widest] -= 1;
        }
        limits
    }
}

/// The lines of each cell of a row.
fn folded(row: &Row, limits: &[usize]) -> Vec<Vec<String>> {
    let cells = row.cells.iter().zip(limits);
    cells
        .map(|(values, limit)| values.iter().flat_map(|value| fold(value, *limit)).collect())
        .collect()
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
        line.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(cell)) + GAP));
    }
    writeln!(out, "{}", line.trim_end())
}
