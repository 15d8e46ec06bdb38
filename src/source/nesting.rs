//! How deep the tree of a file is, from its tokens, before anybody walks it.
//!
//! Walking a tree and dropping it recurse, so a file of two hundred thousand brackets, `not`s or attribute accesses
//! would overflow the stack of whoever touches it. The bound here is an upper one up to a small factor: brackets nest,
//! and so do the links of a chain (`a.b.c`, `a + b + c`, `not not a`, `f()()`, `lambda: lambda: 0`), which are counted
//! until a comma or the end of the line begins another one.

use ruff_python_ast::token::TokenKind;

/// The deepest nesting that is analysed. Python refuses more than 200 open brackets and 100 indentations itself.
pub(super) const MAX_NESTING: u32 = 1000;

/// What is open at one level of brackets.
#[derive(Default, Clone, Copy)]
struct Level {
    /// Links of the chain since the last comma.
    chain: u32,
    /// The deepest bracket closed since the last comma.
    inside: u32,
    /// The deepest element before the last comma.
    before: u32,
    /// Lambdas whose parameters are not over: a comma between these begins no new element.
    lambdas: u32,
}

impl Level {
    fn depth(self) -> u32 {
        self.before.max(self.chain + self.inside)
    }
}

/// The first of the numbered tokens at which the nesting exceeds the limit.
pub(super) fn exceeds<N>(limit: u32, tokens: impl Iterator<Item = (TokenKind, N)>) -> Option<N> {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    // The sum of the chains in `outer`.
    let mut open = 0;
    let mut indentation: u32 = 0;
    for (kind, number) in tokens {
        match kind {
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::Newline => {
                outer.clear();
                level = Level::default();
                open = 0;
                continue;
            }
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                level.chain += 1;
                open += level.chain;
                outer.push(level);
                level = Level::default();
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => {
                // A stray one closes nothing.
                if let Some(mut around) = outer.pop() {
                    open -= around.chain;
                    around.inside = around.inside.max(level.depth());
                    level = around;
                }
            }
            TokenKind::Comma | TokenKind::Semi if level.lambdas == 0 => {
                level.before = level.depth();
                level.chain = 0;
                level.inside = 0;
            }
            TokenKind::Lambda => {
                level.chain += 1;
                level.lambdas += 1;
            }
            TokenKind::Colon => level.lambdas = level.lambdas.saturating_sub(1),
            kind if links(kind) => level.chain += 1,
            _ => continue,
        }
        if indentation + open + level.depth() > limit {
            return Some(number);
        }
    }
    None
}

/// Whether a token puts what stands beside it one level deeper. `and`, `or` and comparisons do not: their operands
/// stand side by side.
fn links(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Dot
            | TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::DoubleStar
            | TokenKind::Slash
            | TokenKind::DoubleSlash
            | TokenKind::Percent
            | TokenKind::At
            | TokenKind::Vbar
            | TokenKind::Amper
            | TokenKind::CircumFlex
            | TokenKind::LeftShift
            | TokenKind::RightShift
            | TokenKind::Tilde
            | TokenKind::ColonEqual
            | TokenKind::Not
            | TokenKind::Await
            | TokenKind::Async
            | TokenKind::Yield
            | TokenKind::If
            | TokenKind::Else
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruff_python_parser::{Mode, lexer};

    fn depth(text: &str) -> u32 {
        (0..1000).find(|limit| exceeds(*limit, tokens(text)).is_none()).unwrap()
    }

    fn tokens(text: &str) -> impl Iterator<Item = (TokenKind, ())> {
        let mut lexer = lexer::lex(text, Mode::Module);
        std::iter::from_fn(move || Some(lexer.next_token()).filter(|kind| !kind.is_eof())).map(|kind| (kind, ()))
    }

    #[test]
    fn what_stands_side_by_side_is_not_deep() {
        assert_eq!(depth(&"x = 1\n".repeat(500)), 0);
        assert_eq!(depth(&format!("x = [{}]", "1 + 2, ".repeat(500))), 2);
        assert_eq!(depth(&format!("x = {{{}}}", "'a': f(b), ".repeat(500))), 2);
        assert_eq!(depth(&format!("x = a{}", " or b".repeat(500))), 0);
        assert_eq!(depth(&"if a:\n    pass\nelif b:\n    pass\n".repeat(500)), 1);
    }

    #[test]
    fn brackets_chains_and_blocks_are() {
        assert_eq!(depth("((()))"), 3);
        assert_eq!(depth("a.b.c"), 2);
        assert_eq!(depth("a(b.c)(d)(e)"), 4);
        assert_eq!(depth("not not not a"), 3);
        assert_eq!(depth("lambda a, b: lambda c, d: lambda e, f: 0"), 3);
        assert_eq!(depth("f\"{f'{f()}'}\""), 5);
        assert_eq!(depth("if a:\n  if b:\n    f(g())\n"), 4);
    }

    #[test]
    fn stray_brackets_close_nothing() {
        assert_eq!(depth(")]} ((("), 3);
    }
}
