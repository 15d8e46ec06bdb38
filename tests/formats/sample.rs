//! A small program and what a run could say of it.

use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_source_file::LineIndex;
use ruff_text_size::{TextRange, TextSize};
use whosekey::findings::{Confidence, Finding, Notice, NoticeKind, Step};
use whosekey::report::Stats;
use whosekey::rules::Rule;
use whosekey::source::{FileId, Place, SourceFile, Sources};

pub struct Sample {
    pub sources: Sources,
    pub findings: Vec<Finding>,
    pub stats: Stats,
    pub notices: Vec<Notice>,
}

impl Sample {
    /// Files by path and text, and nothing found in them.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let sources: Vec<SourceFile> = (0..)
            .zip(files)
            .map(|(id, (path, text))| SourceFile {
                id: FileId(id),
                path: (*path).to_owned(),
                text: (*text).to_owned(),
                parsed: parse_unchecked(text, ParseOptions::from(Mode::Module))
                    .try_into_module()
                    .unwrap(),
                lines: LineIndex::from_source_text(text),
                hidden: Vec::new(),
                real_path: path.into(),
            })
            .collect();
        Self {
            stats: Stats {
                files: sources.len(),
                endpoints: 0,
                suppressed: 0,
                known: 0,
            },
            sources: Sources { files: sources },
            findings: Vec::new(),
            notices: Vec::new(),
        }
    }
}

/// The first place where some words stand in a file.
pub fn place(sources: &Sources, file: u32, words: &str) -> Place {
    let start = sources.file(FileId(file)).text.find(words).unwrap();
    let size = |number: usize| TextSize::try_from(number).unwrap();
    Place::new(FileId(file), TextRange::at(size(start), size(words.len())))
}

/// A finding with plain words at the first place where some words stand.
pub fn at(sources: &Sources, file: u32, words: &str, rule: Rule) -> Finding {
    Finding {
        message: format!("this breaks {}", rule.name()),
        label: "here".to_owned(),
        help: "write something else".to_owned(),
        ..Finding::new(rule, place(sources, file, words))
    }
}

const AUTH: &str = "\
from flask import g, request, abort

KEYS = {}

def guard():
    # Zugriffsschlüssel, 鍵
    key = request.args.get(\"api_key\")
    g.tenant = KEYS.get(key)
    if g.tenant is None:
        abort(403)
";

const USERS: &str = "\
from flask import g, jsonify

@app.get(\"/api/users/<user_id>\")
def get_user(user_id):
\tname = \"日本語\"; user = USERS[user_id]
\treturn jsonify(user), 200
";

/// A story over two files, a finding without steps, one at the end of a file, and a notice.
pub fn sample() -> Sample {
    let mut sample = Sample::new(&[
        ("app/auth.py", AUTH),
        ("app/users.py", USERS),
        ("app/broken.py", "def f(:\n"),
    ]);
    let sources = &sample.sources;
    let step = |file: u32, words: &str, message: &str| Step {
        place: place(sources, file, words),
        message: message.to_owned(),
    };

    let mut query = at(sources, 0, "request.args.get(\"api_key\")", Rule::WK101);
    query.message = "the API key is read from the query string".into();
    query.label = "read from `?api_key=`".into();
    query.help = "read it from a header: `request.headers.get(\"X-Api-Key\")`".into();
    query.endpoints = ["DELETE", "GET", "PATCH", "PUT"]
        .map(|method| format!("{method} /api/users/<user_id>"))
        .to_vec();

    let mut status = at(sources, 0, "abort(403)", Rule::WK401);
    status.message = "a caller whose key is unknown is refused with 403".into();
    status.label = "should be 401".into();
    status.help = "write `abort(401)`".into();
    status.confidence = Confidence::Medium;
    status.steps = vec![step(0, "g.tenant is None", "the key was not found")];

    let mut tenant = at(sources, 1, "jsonify(user)", Rule::WK301);
    tenant.message = "any key opens any tenant's user: `user` is never compared with `g.tenant`".into();
    tenant.label = "`user` leaves here, whoever's it is".into();
    tenant.help = "compare the two before the answer, for example `if user.tenant != g.tenant: abort(404)`, or load the user by both the id and the tenant so that another tenant's user is never read".into();
    tenant.endpoints = vec!["GET /api/users/<user_id>".to_owned()];
    tenant.steps = vec![
        step(0, "request.args.get(\"api_key\")", "the key is read here"),
        step(0, "KEYS.get(key)", "whose key it is, is looked up here"),
        step(1, "user_id", "the client chooses `user_id`"),
        step(1, "USERS[user_id]", "and with it the user"),
    ];

    let mut broken = at(sources, 2, "def f(:\n", Rule::WK001);
    broken.place = Place::new(FileId(2), TextRange::empty(TextSize::new(8)));
    broken.message = "the file does not parse: expected a parameter".into();
    broken.label = String::new();
    broken.help = String::new();

    let mut unread = at(sources, 2, "def", Rule::WK002);
    unread.message = "the endpoint was not analysed to its end: more than 4096 paths".into();

    sample.findings = vec![query, status, unread, broken, tenant];
    sample.stats = Stats {
        files: 3,
        endpoints: 1,
        suppressed: 2,
        known: 0,
    };
    sample.notices = vec![
        Notice {
            path: Some("app/blob.py".to_owned()),
            message: "not decodable as utf-8".to_owned(),
            kind: NoticeKind::Single,
        },
        Notice {
            path: None,
            message: "two models have the same name".to_owned(),
            kind: NoticeKind::Single,
        },
    ];
    sample
}
