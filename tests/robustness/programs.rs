//! Programs that would keep an interpreter busy for ever, or whose parts go round.

#![allow(clippy::format_collect, reason = "a few texts, made once")]

use std::fs;
use std::time::Instant;

use tempfile::TempDir;

use crate::{check, stdout};

/// An application with one finding of its own: a refusal of somebody unknown that says 403.
const NEIGHBOUR: &str = "from flask import Flask, abort, request\n\napp = Flask(__name__)\nKEYS = {\"a\": 1}\n\n\n\
    @app.get(\"/neighbour\")\ndef neighbour():\n    if request.headers.get(\"X-Api-Key\") not in KEYS:\n        \
    abort(403)\n    return \"ok\"\n";

/// What a request meets in each of these programs: a refusal that says the wrong status.
const REFUSES: &str = "    if request.headers.get(\"X-Api-Key\") not in KEYS:\n        abort(403)\n";

/// What is found in files, with another beside them whose finding must be there.
fn beside_neighbour(files: &[(&str, String)]) -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("neighbour.py"), NEIGHBOUR).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let begun = Instant::now();
    let told = stdout(&check(folder.path(), &[".", "--select", "WK001,WK002,WK401"]).code(1));
    assert!(told.contains("neighbour.py:10:9: WK401"), "{told}");
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    told
}

fn program(head: &str, decorators: &str) -> String {
    format!(
        "import functools\nfrom flask import Flask, abort, request\n\napp = Flask(__name__)\nKEYS = {{\"a\": 1}}\n\n\n\
         {head}\n\n@app.get(\"/\")\n{decorators}def view():\n{REFUSES}    return \"ok\"\n"
    )
}

fn is_found(told: &str, file: &str) -> bool {
    told.lines()
        .any(|line| line.starts_with(&format!("{file}:")) && line.contains("WK401"))
}

#[test]
fn ways_that_double_with_each_line() {
    let wrap = "def twice(view):\n    @functools.wraps(view)\n    def wrapper(*args, **kwargs):\n        \
                if request.args.get(\"a\"):\n            return view(*args, **kwargs)\n        \
                return view(*args, **kwargs)\n    return wrapper\n";
    let aliases: String = (1..60).map(|n| format!("a{n} = (a{0}, a{0})\n", n - 1)).collect();
    let calls: String = (1..60)
        .map(|n| format!("def f{n}(x):\n    return f{0}(f{0}(x))\n\n\n", n - 1))
        .collect();
    let branches: String = (0..60)
        .map(|n| format!("    if request.args.get(\"a{n}\"):\n        x = (x, {n})\n"))
        .collect();
    let branching = program("", "").replace("def view():\n", &format!("def view():\n    x = 0\n{branches}"));
    let told = beside_neighbour(&[
        ("decorators.py", program(wrap, &"@twice\n".repeat(60))),
        ("aliases.py", program(&format!("a0 = (1,)\n{aliases}"), "")),
        (
            "calls.py",
            program(&format!("def f0(x):\n    return x\n\n\n{calls}f59(1)\n"), ""),
        ),
        ("branches.py", branching),
    ]);
    for file in ["aliases.py", "branches.py"] {
        assert!(is_found(&told, file), "{file}: {told}");
    }
    // What is not found is named.
    assert!(
        told.contains("calls.py:1:1: WK002") && told.contains("to its end"),
        "{told}"
    );
}

#[test]
fn imports_bases_decorators_and_hooks_that_go_round() {
    let told = beside_neighbour(&[
        (
            "one.py",
            format!(
                "from two import *\nimport one\n{}",
                program("from two import b as a\n", "")
            ),
        ),
        (
            "two.py",
            "from one import *\nfrom one import a as b\nimport one, two\n".to_owned(),
        ),
        (
            "bases.py",
            program(
                "class A(B):\n    pass\n\n\nclass B(A):\n    pass\n\n\nclass A(B, A):\n    x = A.x\n\n\nA().x()\n",
                "",
            ),
        ),
        (
            "decorators.py",
            program(
                "def a(view):\n    return b(view)\n\n\ndef b(view):\n    return a(view)\n\n\na.a = b\nb.b = a\n",
                "",
            ),
        ),
        (
            "wrapped.py",
            program(
                "def a(view):\n    return b(view)\n\n\ndef b(view):\n    return a(view)\n",
                "@a\n",
            ),
        ),
        (
            "hooks.py",
            program(
                "@app.before_request\ndef hook():\n    other()\n\n\n@app.before_request\ndef other():\n    hook()\n",
                "",
            ),
        ),
        (
            "blueprints.py",
            program(
                "from flask import Blueprint\nx = Blueprint(\"x\", __name__)\ny = Blueprint(\"y\", __name__)\n\
                 x.register_blueprint(y)\ny.register_blueprint(x)\nx.register_blueprint(x)\napp.register_blueprint(x)\n",
                "",
            ),
        ),
        (
            "containers.py",
            program(
                "x = []\nx.append(x)\nx[0] = x\nd = {}\nd[\"d\"] = d\nd.update(d)\nf = lambda: f()\nf()\n",
                "",
            ),
        ),
        (
            "handlers.py",
            program(
                "@app.errorhandler(403)\ndef refused(error):\n    abort(403)\n\n\n@app.errorhandler(Exception)\n\
                     def failed(error):\n    raise error\n",
                "",
            ),
        ),
    ]);
    assert!(!told.contains("WK0"), "{told}");
    for file in ["one.py", "bases.py", "decorators.py", "blueprints.py", "containers.py"] {
        assert!(is_found(&told, file), "{file}: {told}");
    }
}

#[test]
fn literals_and_files_as_large_as_they_may_be() {
    let told = beside_neighbour(&[
        ("digits.py", program(&format!("x = {}\n", "9".repeat(1_000_000)), "")),
        ("float.py", program(&format!("x = 1e{}\n", "9".repeat(1_000_000)), "")),
        (
            "text.py",
            program(&format!("x = \"{}\"\n", "a\\n".repeat(1_000_000)), ""),
        ),
        ("list.py", program(&format!("x = [{}]\n", "1,".repeat(300_000)), "")),
        (
            "keys.py",
            program(
                &format!(
                    "x = {{{}}}\n",
                    (0..50_000).map(|n| format!("{n}: 1,")).collect::<String>()
                ),
                "",
            ),
        ),
        (
            "table.py",
            program(&format!("x = {{{}}}\n", "\"a\": {\"b\": 1},\n".repeat(50_000)), ""),
        ),
        (
            "joined.py",
            program(&format!("x = ({})\n", "\"a\"\n".repeat(100_000)), ""),
        ),
        (
            "repeated.py",
            program(
                "x = \"a\" * 10 ** 18\ny = [0] * 10 ** 18\nz = 2 ** 10 ** 18\nw = 1 << 10 ** 18\n",
                "",
            ),
        ),
        ("name.py", program(&format!("{0} = 1\n", "n".repeat(1_000_000)), "")),
        ("lines.py", program(&"\n".repeat(1_000_000), "")),
        (
            "parameters.py",
            program(
                &format!(
                    "def f({}):\n    pass\n",
                    (0..20_000).map(|n| format!("a{n}, ")).collect::<String>()
                ),
                "",
            ),
        ),
    ]);
    assert!(!told.contains("WK0"), "{told}");
    for file in [
        "digits",
        "float",
        "text",
        "list",
        "table",
        "keys",
        "joined",
        "repeated",
        "name",
        "lines",
        "parameters",
    ] {
        assert!(is_found(&told, &format!("{file}.py")), "{file}: {told}");
    }
}

#[test]
fn a_million_statements() {
    let told = beside_neighbour(&[("statements.py", program(&"a=1\n".repeat(1_000_000), ""))]);
    assert!(
        told.contains("statements.py:1:1: WK002") && told.contains("to its end"),
        "{told}"
    );
}

#[test]
fn files_that_are_too_large_are_named() {
    let told = beside_neighbour(&[
        ("line.py", format!("x = \"{}\"\n", "a".repeat(50_000_000))),
        ("bracket.py", "(".repeat(50_000_000)),
    ]);
    for file in ["line.py", "bracket.py"] {
        assert!(told.contains(&format!("{file}:1:1: WK002")), "{file}: {told}");
    }
}

#[test]
fn chains_of_conditions() {
    let n = 200_000;
    let chain = |name: &str| {
        format!(
            "    if request.args:\n        pass\n{}",
            format!("    elif {name}: pass\n").repeat(n)
        )
    };
    let text = program("", "").replace("def view():\n", &format!("def view():\n{}", chain("x")));
    let told = beside_neighbour(&[("chain.py", text)]);
    assert!(
        told.contains("chain.py: note: the endpoint GET / has too many paths"),
        "{told}"
    );
}

#[test]
fn text_in_every_encoding_that_python_takes() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("neighbour.py"), NEIGHBOUR).unwrap();
    let words = "\u{e9}";
    let named = |cookie: &str| format!("# -*- coding: {cookie} -*-\nword = \"{words}\"\n{}", program("", ""));
    let (utf8, latin) = (
        |text: String| text.into_bytes(),
        |text: String| -> Vec<u8> { text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect() },
    );
    let bom = |text: String| [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    let right: Vec<(&str, Vec<u8>)> = vec![
        ("utf8", utf8(named("utf-8"))),
        ("utf8_old", utf8(named("UTF_8"))),
        ("utf8_unix", utf8(named("utf-8-unix"))),
        ("utf8_sig", bom(named("utf-8-sig"))),
        ("bom", bom(program("", ""))),
        ("latin1", latin(named("latin-1"))),
        ("latin_unix", latin(named("iso-latin-1-unix"))),
        ("iso", latin(named("iso-8859-1"))),
        ("cp1252", latin(named("cp1252"))),
        (
            "vim",
            latin(format!(
                "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nword = \"{words}\"\n{}",
                program("", "")
            )),
        ),
        ("ascii", utf8(format!("# coding: ascii\n{}", program("", "")))),
        ("carriage", utf8(program("", "").replace('\n', "\r"))),
        ("windows", utf8(program("", "").replace('\n', "\r\n"))),
        ("third", utf8(format!("\n\n# coding: nonsense\n{}", program("", "")))),
        (
            "string",
            utf8(format!("x = '''\n# coding: nonsense\n'''\n{}", program("", ""))),
        ),
    ];
    let wrong: Vec<(&str, Vec<u8>)> = vec![
        ("nonsense", utf8(named("nonsense"))),
        ("not_utf8", latin(named("utf-8"))),
        ("not_ascii", utf8(named("ascii"))),
        (
            "utf16",
            utf8(named("utf-16")).iter().flat_map(|byte| [*byte, 0]).collect(),
        ),
    ];
    for (name, bytes) in right.iter().chain(&wrong) {
        fs::write(folder.path().join(format!("{name}.py")), bytes).unwrap();
    }
    let told = stdout(&check(folder.path(), &[".", "--select", "WK001,WK002,WK401"]).code(1));
    assert!(is_found(&told, "neighbour.py"), "{told}");
    for (name, _) in right {
        assert!(is_found(&told, &format!("{name}.py")), "{name}: {told}");
        let refused = format!("{name}.py:1:1: WK002");
        assert!(!told.lines().any(|line| line.starts_with(&refused)), "{name}: {told}");
    }
    for (name, _) in wrong {
        assert!(told.contains(&format!("{name}.py:1:1: WK002")), "{name}: {told}");
    }
}
