//! Which files a Flask program is made of: those that speak of Flask, and all that they import or name.
//!
//! A repository holds much else: scripts, notebooks, examples, libraries that are shipped along. What no file that makes
//! endpoints, hooks or applications reaches by its imports cannot run in a request, and is not run.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtImportFrom};

use super::load::{REGISTERING, registers};
use super::world::World;
use crate::source::FileId;

/// What a file says that makes endpoints, hooks or applications, besides what registers: the names of the frameworks, and of
/// what makes an application.
const WORDS: [&str; 14] = [
    ".route(",
    "flask",
    "FLASK",
    "quart",
    "Quart",
    "connexion",
    "apifairy",
    "blueprint",
    "register_view",
    ".expose(",
    "after_request",
    "create_app",
    "make_app",
    "app_context",
];

static SPEAKS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // A route is many things.
    let registering = REGISTERING.iter().filter(|word| **word != "route");
    let words = registering.chain(&WORDS);
    AhoCorasick::new(words).expect("few short words")
});

static HUBS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let makes = ["Flask(", "Quart(", "FlaskApp(", "Blueprint(", "Api(", "Namespace("];
    AhoCorasick::new(makes).expect("few short words")
});

/// From this length on a function's name is seldom another's.
const TELLING: usize = 8;

/// The longest text that may name a module.
const LONGEST_NAME: usize = 120;

/// What a file is to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It makes endpoints, hooks or applications, as far as its words tell.
    Root,
    /// A root needs it.
    Needed,
    /// Nothing needs it.
    Apart,
}

/// What each file is to the program.
#[must_use]
pub fn parts(world: &World<'_>) -> Vec<Part> {
    let files = &world.sources.files;
    let part = |text: &str| if SPEAKS.is_match(text) { Part::Root } else { Part::Apart };
    let mut parts: Vec<Part> = files.par_iter().map(|file| part(&file.text)).collect();
    for id in taught(world, &parts)
        .into_iter()
        .chain(callers_of_factories(world, &parts))
    {
        parts[id.index()] = Part::Root;
    }
    for id in users_of_hubs(world, &parts) {
        parts[id.index()] = Part::Root;
    }
    let mut wave: Vec<FileId> = files.iter().map(|file| file.id).collect();
    wave.retain(|id| parts[id.index()] == Part::Root);
    while !wave.is_empty() {
        let named: Vec<Vec<FileId>> = wave.par_iter().map(|id| names(world, *id)).collect();
        wave = Vec::new();
        for id in named.into_iter().flatten() {
            if parts[id.index()] == Part::Apart {
                parts[id.index()] = Part::Needed;
                wave.push(id);
            }
        }
    }
    parts
}

/// Other files that speak of what the settings teach.
fn taught(world: &World<'_>, parts: &[Part]) -> Vec<FileId> {
    let Ok(words) = AhoCorasick::new(world.models.taught_words()) else {
        return Vec::new();
    };
    let others = world.sources.files.par_iter();
    let others = others.filter(|file| parts[file.id.index()] == Part::Apart);
    others
        .filter(|file| words.is_match(&file.text))
        .map(|file| file.id)
        .collect()
}

/// Other files that decorate something and import a module which makes applications or blueprints: `@api.put(PATH)` may be a
/// route.
fn users_of_hubs(world: &World<'_>, parts: &[Part]) -> Vec<FileId> {
    let files = &world.sources.files;
    let others = files.par_iter().filter(|file| parts[file.id.index()] == Part::Apart);
    others
        .filter(|file| file.text.lines().any(|line| line.trim_start().starts_with('@')))
        .filter(|file| {
            let imported = names(world, file.id);
            imported.iter().any(|id| HUBS.is_match(&world.file(*id).text))
        })
        .map(|file| file.id)
        .collect()
}

/// Other files that call a function which makes an application or registers something: what starts the program.
fn callers_of_factories(world: &World<'_>, parts: &[Part]) -> Vec<FileId> {
    let files = &world.sources.files;
    let roots = files.par_iter().filter(|file| parts[file.id.index()] == Part::Root);
    let factories: Vec<String> = roots
        .flat_map_iter(|file| &file.parsed.syntax().body)
        .filter_map(|stmt| match stmt {
            Stmt::FunctionDef(def) => {
                let (registers, makes) = registers(&def.body);
                let tells = makes || registers && def.name.len() >= TELLING;
                tells.then(|| format!("{}(", def.name))
            }
            _ => None,
        })
        .collect();
    let Ok(calls) = AhoCorasick::new(factories) else {
        return Vec::new();
    };
    let others = files.par_iter().filter(|file| parts[file.id.index()] == Part::Apart);
    others
        .filter(|file| calls.is_match(&file.text))
        .map(|file| file.id)
        .collect()
}

/// The files that a file imports, anywhere in it, or names in a text, with the packages around them.
fn names(world: &World<'_>, file: FileId) -> Vec<FileId> {
    let mut look = Look {
        world,
        file,
        found: Vec::new(),
    };
    look.found.extend(world.package_around(file));
    for stmt in &world.file(file).parsed.syntax().body {
        look.visit_stmt(stmt);
    }
    look.found.sort_unstable();
    look.found.dedup();
    look.found
}

struct Look<'w, 'a> {
    world: &'w World<'a>,
    file: FileId,
    found: Vec<FileId>,
}

impl Look<'_, '_> {
    /// A dotted name, or the module that an attribute of it is looked for in.
    fn absolute(&mut self, dotted: &str) {
        let module = self.world.absolute(self.file, dotted);
        let module = module.or_else(|| self.world.absolute(self.file, dotted.rsplit_once('.')?.0));
        self.found.extend(module);
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let dotted = import.module.as_ref().map_or("", |name| name.as_str());
        for alias in &import.names {
            if import.level == 0 {
                self.absolute(&format!("{dotted}.{}", alias.name));
                continue;
            }
            let package = self.world.relative(self.file, import.level, dotted);
            let child = self.world.relative_child(self.file, import.level, dotted, &alias.name);
            self.found.extend(package.into_iter().chain(child));
        }
    }

    /// A text that names a module, or something in one: `"app.settings.Production"`, `".views"`, `"app:create"`.
    fn text(&mut self, text: &str, alone: bool) {
        let text = text.trim();
        let dotted = |c: char| c == '.' || c == ':' || c == '_' || c.is_alphanumeric();
        if text.is_empty() || text.len() > LONGEST_NAME || !text.chars().all(dotted) {
            return;
        }
        if let Some(relative) = text.strip_prefix('.') {
            self.found.extend(self.world.relative(self.file, 1, relative));
        } else if alone || text.contains(['.', ':']) {
            self.absolute(&text.replace(':', "."));
        }
    }
}

impl<'a> Visitor<'a> for Look<'_, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.absolute(&alias.name);
                }
            }
            Stmt::ImportFrom(import) => self.import_from(import),
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(text) => self.text(text.value.to_str(), false),
            Expr::Call(call) => {
                for arg in call.arguments.args.iter().take(1) {
                    if let Expr::StringLiteral(text) = arg {
                        self.text(text.value.to_str(), true);
                    }
                }
                walk_expr(self, expr);
            }
            other => walk_expr(self, other),
        }
    }
}
