//! The pages of the rules: each is whole, and its examples give what they say.
//!
//! A page's examples are the Python blocks under `## Bad` and `## Good`. Each is a module of its own, analysed by the
//! binary as a user would. `# expect: WK301` at the end of a line says that the rule reports there; both directions are
//! checked, over every rule that is not pedantic and the page's own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What every page has, in this order.
const SECTIONS: [&str; 6] = [
    "Why it matters",
    "Bad",
    "Good",
    "How to fix it",
    "When to suppress it",
    "References",
];

/// A finding as the tests compare it: the rule's code and the line.
type Finding = (String, usize);

#[test]
fn every_rule_has_its_page() {
    let pages = pages();
    let missing: Vec<String> = known_rules()
        .into_iter()
        .map(|rule| format!("{}-{}.md", rule.code, rule.name))
        .filter(|file| !pages.iter().any(|page| page.file == *file))
        .collect();
    assert!(missing.is_empty(), "no such page: {}", missing.join(", "));
}

#[test]
fn every_page_is_whole() {
    let pages = pages();
    assert!(!pages.is_empty(), "there are no pages");
    let mut problems = String::new();
    for page in &pages {
        for problem in page.problems() {
            writeln!(problems, "rules/{}: {problem}", page.file).unwrap();
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn the_examples_give_what_they_say() {
    let rules = known_rules();
    let known: BTreeSet<&str> = rules.iter().map(|rule| rule.code.as_str()).collect();
    let mut failures = String::new();
    let mut checked = 0;
    for page in pages() {
        if !known.contains(page.code.as_str()) {
            continue;
        }
        let select: Vec<&str> = rules
            .iter()
            .filter(|rule| !rule.pedantic || rule.code == page.code)
            .map(|rule| rule.code.as_str())
            .collect();
        for block in page.blocks("Bad").iter().chain(page.blocks("Good")) {
            checked += 1;
            let at = |line: usize| format!("rules/{}:{}", page.file, block.first_line + line - 1);
            let given = match check(&block.code, &select) {
                Ok(given) => given,
                Err(problem) => {
                    writeln!(failures, "{}: {problem}", at(1)).unwrap();
                    continue;
                }
            };
            let mut expected = expectations(&block.code);
            expected.retain(|(code, _)| known.contains(code.as_str()));
            for (line, what) in differences(&expected, &given) {
                let text = block.code.lines().nth(line - 1).unwrap_or_default();
                writeln!(failures, "{}: {what}\n    {}", at(line), text.trim()).unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(
        checked >= 2 * known.len(),
        "{checked} examples are fewer than two for each of {} rules",
        known.len()
    );
}

/// A rule that the binary knows.
struct Known {
    code: String,
    name: String,
    pedantic: bool,
}

/// The catalogue, from the binary itself.
fn known_rules() -> Vec<Known> {
    let output = Command::new(env!("CARGO_BIN_EXE_whosekey"))
        .args(["rules", "--output-format", "json"])
        .output()
        .expect("whosekey starts");
    assert!(
        output.status.success(),
        "whosekey rules: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let catalogue: Value = serde_json::from_slice(&output.stdout).expect("the catalogue is JSON");
    let rules: Vec<Known> = catalogue
        .as_array()
        .or_else(|| catalogue["rules"].as_array())
        .expect("the catalogue is a list of rules")
        .iter()
        .map(|rule| Known {
            code: rule["code"].as_str().expect("a code").to_owned(),
            name: rule["name"].as_str().expect("a name").to_owned(),
            pedantic: rule["pedantic"].as_bool().unwrap_or(false),
        })
        .collect();
    assert!(!rules.is_empty(), "the catalogue is empty");
    rules
}

/// What the binary reports of one module.
fn check(code: &str, select: &[&str]) -> Result<BTreeSet<Finding>, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("app.py"), code).expect("the example is written");
    let output = Command::new(env!("CARGO_BIN_EXE_whosekey"))
        .current_dir(folder.path())
        .args(["check", "app.py", "--output-format", "sarif", "--select"])
        .arg(select.join(","))
        .output()
        .expect("whosekey starts");
    // 0: nothing found, 1: something found, 3: nothing could be analysed, which is what WK002 is about.
    if !matches!(output.status.code(), Some(0 | 1 | 3)) {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, said.trim()));
    }
    let sarif: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("the report is not JSON: {error}"))?;
    sarif["runs"][0]["results"]
        .as_array()
        .ok_or("the report has no results")?
        .iter()
        .map(|result| {
            let region = &result["locations"][0]["physicalLocation"]["region"];
            let line = region["startLine"].as_u64().ok_or("a result has no line")?;
            let code = result["ruleId"].as_str().ok_or("a result has no rule")?;
            Ok((code.to_owned(), usize::try_from(line).unwrap()))
        })
        .collect()
}

/// The `# expect:` comments of a module.
fn expectations(code: &str) -> BTreeSet<Finding> {
    let mut found = BTreeSet::new();
    for (number, line) in code.lines().enumerate() {
        if let Some((_, codes)) = line.split_once("# expect: ") {
            for code in codes.split(',') {
                found.insert((code.trim().to_owned(), number + 1));
            }
        }
    }
    found
}

/// What is expected and not given, and what is given and not expected, by line.
fn differences(expected: &BTreeSet<Finding>, given: &BTreeSet<Finding>) -> Vec<(usize, String)> {
    let missing = expected
        .difference(given)
        .map(|(code, line)| (*line, format!("{code} is expected and not reported")));
    let extra = given
        .difference(expected)
        .map(|(code, line)| (*line, format!("{code} is reported and not expected")));
    let mut all: Vec<_> = missing.chain(extra).collect();
    all.sort();
    all
}

/// One page, cut at its headings.
struct Page {
    /// `WK301-unbound-tenant.md`.
    file: String,
    /// `WK301`.
    code: String,
    front: toml::Table,
    title: String,
    /// The text between the title and the first section.
    intro: String,
    sections: Vec<Section>,
}

struct Section {
    heading: String,
    /// Without its Python blocks.
    text: String,
    blocks: Vec<Block>,
}

/// A fenced block of Python.
struct Block {
    code: String,
    /// The line of the page on which its first line stands, from 1.
    first_line: usize,
}

/// All pages, in the order of their codes.
fn pages() -> Vec<Page> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder of the pages")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            let file = path.file_name().unwrap().to_str().unwrap();
            Page::parse(file, &fs::read_to_string(path).expect("a page is read"))
        })
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

impl Page {
    fn parse(file: &str, text: &str) -> Self {
        let (front, body) = text
            .strip_prefix("+++\n")
            .and_then(|rest| rest.split_once("\n+++\n"))
            .unwrap_or_else(|| panic!("rules/{file} has no front matter"));
        let mut page = Page {
            file: file.to_owned(),
            code: file.split('-').next().unwrap_or_default().to_owned(),
            front: front.parse().unwrap_or_else(|error| panic!("rules/{file}: {error}")),
            title: String::new(),
            intro: String::new(),
            sections: Vec::new(),
        };
        let mut number = text[..text.len() - body.len()].lines().count();
        let mut lines = body.lines();
        while let Some(line) = lines.next() {
            number += 1;
            if let Some(language) = line.strip_prefix("```") {
                let first_line = number + 1;
                let code: String = lines
                    .by_ref()
                    .take_while(|line| *line != "```")
                    .flat_map(|line| [line, "\n"])
                    .collect();
                number += code.lines().count() + 1;
                if language == "python" {
                    let section = page.sections.last_mut();
                    let section = section.expect("a block stands in a section");
                    section.blocks.push(Block { code, first_line });
                } else {
                    page.last_text().push_str(&code);
                }
            } else if let Some(heading) = line.strip_prefix("## ") {
                page.sections.push(Section {
                    heading: heading.to_owned(),
                    text: String::new(),
                    blocks: Vec::new(),
                });
            } else if let Some(title) = line.strip_prefix("# ") {
                title.clone_into(&mut page.title);
            } else {
                page.last_text().push_str(line);
                page.last_text().push('\n');
            }
        }
        page
    }

    fn last_text(&mut self) -> &mut String {
        match self.sections.last_mut() {
            Some(section) => &mut section.text,
            None => &mut self.intro,
        }
    }

    fn blocks(&self, heading: &str) -> &[Block] {
        self.sections
            .iter()
            .find(|section| section.heading == heading)
            .map_or(&[], |section| &section.blocks)
    }

    /// What is wrong with the page, apart from what its examples give.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let field = |key: &str| self.front.get(key).and_then(toml::Value::as_str).unwrap_or("");
        let named = format!("{}-{}.md", field("code"), field("name"));
        if named != self.file {
            problems.push(format!("its front matter is that of {named}"));
        }
        if field("name") != self.title {
            problems.push(format!("its title is `{}`", self.title));
        }
        if self.intro.trim().is_empty() {
            problems.push("nothing says what the rule is".to_owned());
        }
        let headings: Vec<&str> = self.sections.iter().map(|section| section.heading.as_str()).collect();
        if headings != SECTIONS {
            problems.push(format!("its sections are {}", headings.join(", ")));
        }
        for section in &self.sections {
            let example = ["Bad", "Good"].contains(&section.heading.as_str());
            if example && section.blocks.is_empty() {
                problems.push(format!("`{}` has no Python block", section.heading));
            }
            if !example && section.text.trim().is_empty() {
                problems.push(format!("`{}` is empty", section.heading));
            }
        }
        for block in self.blocks("Bad") {
            if !expectations(&block.code).iter().any(|(code, _)| *code == self.code) {
                problems.push("a bad example does not expect the rule itself".to_owned());
            }
        }
        for block in self.blocks("Good") {
            if !expectations(&block.code).is_empty() {
                problems.push("a good example expects a finding".to_owned());
            }
        }
        let texts = self.sections.iter().map(|section| &section.text);
        let links = texts.chain([&self.intro]).flat_map(|text| text.split("](").skip(1));
        for target in links.filter_map(|link| link.split(')').next()) {
            if !target.contains("://") && !folder().join(target).is_file() {
                problems.push(format!("it links to {target}, which is not there"));
            }
        }
        problems
    }
}

const SAMPLE: &str = "+++
code = \"WK999\"
name = \"sample\"
+++

# sample

What it is.

## Bad

```console
# ## Good
```

```python
# ## Good
key = 1  # expect: WK999, WK998
```

## Good

```python
key = None
```
";

#[test]
fn a_page_is_cut_at_its_headings() {
    let page = Page::parse("WK999-sample.md", SAMPLE);
    assert_eq!((page.code.as_str(), page.title.as_str()), ("WK999", "sample"));
    assert_eq!(page.intro.trim(), "What it is.");
    let [bad] = page.blocks("Bad") else {
        panic!("not one bad block")
    };
    assert_eq!(bad.code, "# ## Good\nkey = 1  # expect: WK999, WK998\n");
    let [good] = page.blocks("Good") else {
        panic!("not one good block")
    };
    assert_eq!(good.code, "key = None\n");
    for block in [bad, good] {
        let line = SAMPLE.lines().nth(block.first_line - 1);
        assert_eq!(line, block.code.lines().next());
    }
    assert_eq!(page.problems(), ["its sections are Bad, Good"]);
}

#[test]
fn both_directions_are_compared() {
    let expected = expectations("key = 1  # expect: WK999, WK998\n");
    let given = BTreeSet::from([("WK999".to_owned(), 1), ("WK997".to_owned(), 2)]);
    assert_eq!(
        differences(&expected, &given),
        [
            (1, "WK998 is expected and not reported".to_owned()),
            (2, "WK997 is reported and not expected".to_owned()),
        ]
    );
    assert!(differences(&expected, &expected).is_empty());
}
