//! Which names of what the client sends mean an API key (rules.md, "credential").

use super::intern::Via;
use super::lexicon;

/// How surely a name means an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// It means something else.
    Never,
    /// It can mean anything.
    Generic,
    /// It can mean nothing else.
    Strong,
}

/// Lower case, letters and digits only.
#[must_use]
pub fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

const STRONG: [&str; 10] = [
    "apikey",
    "apitoken",
    "accesstoken",
    "authtoken",
    "apisecret",
    "appkey",
    "secretkey",
    "clientkey",
    "servicekey",
    "servicetoken",
];
const NEVER: [&str; 37] = [
    "csrf",
    "xsrf",
    "page",
    "next",
    "reset",
    "invite",
    "invitation",
    "unsubscribe",
    "confirm",
    "verif",
    "otp",
    "share",
    "sort",
    "public",
    "publishable",
    "cache",
    "object",
    "keyid",
    "refresh",
    "state",
    "nonce",
    "oauth",
    "idtoken",
    "signature",
    "password",
    "captcha",
    "keyword",
    "apikeyid",
    "tokenid",
    "sync",
    "cursor",
    "continuation",
    "upload",
    "activation",
    "email",
    "vapid",
    "foreign",
];
const GENERIC: [&str; 12] = [
    "key",
    "token",
    "auth",
    "k",
    "authorization",
    "bearer",
    "xauth",
    "secret",
    "credential",
    "credentials",
    "apiauth",
    "t",
];

/// The name under which the user name and password of Basic authentication are read: they are no key.
pub const BASIC: &str = "basic-authorization";

/// What a parameter, header or field name means.
#[must_use]
pub fn naming(via: Via, name: &str) -> Naming {
    let plain = plain(name);
    if name == BASIC {
        return Naming::Never;
    }
    if plain == "authorization" {
        return if via == Via::Header {
            Naming::Strong
        } else {
            Naming::Generic
        };
    }
    if lexicon::is_credential(&plain) {
        return Naming::Strong;
    }
    if never(name) {
        return Naming::Never;
    }
    let strong = plain == "xtoken" || STRONG.iter().any(|part| plain.contains(part));
    if strong && !plain.ends_with("id") && !plain.ends_with("name") {
        return Naming::Strong;
    }
    let generic = GENERIC.contains(&plain.as_str())
        || plain.ends_with("token")
        || plain.ends_with("key")
        || (via == Via::Header && (plain.contains("auth") || plain.contains("token") || plain.contains("key")));
    if generic { Naming::Generic } else { Naming::Never }
}

/// Whether what is kept under a name may be a key: what the program does with it decides.
#[must_use]
pub fn may_hold_key(name: &str) -> bool {
    naming(Via::Json, name) >= Naming::Generic || plain(name) == "value"
}

/// Whether what the client sends under a name may be a key, or may hold one: a name for the whole of something is empty.
#[must_use]
pub fn may_bring_key(via: Via, name: &str) -> bool {
    if name.is_empty() {
        matches!(via, Via::Header | Via::Query | Via::Values | Via::Url)
    } else {
        naming(via, name) >= Naming::Generic && (!tells_of_key(name) || lexicon::is_credential(&plain(name)))
    }
}

/// Whether a name means what belongs to an authentication and is no secret: who, how, where.
fn tells_of_key(name: &str) -> bool {
    let plain = plain(name);
    [
        "user", "username", "login", "email", "host", "port", "url", "method", "protocol", "scheme", "type", "status",
        "level", "provider", "server", "client", "group", "groups", "role", "roles", "tenant", "scope", "scopes",
        "version", "mode", "id", "name",
    ]
    .iter()
    .any(|end| plain.ends_with(end))
}

/// Whether a name means something that is kept secret or signed, and is no key: a password, a state, a signature.
#[must_use]
pub fn names_other(name: &str) -> bool {
    never(name)
}

/// Whether a name means the proof of something else than of a key: of a form, a message, a person.
#[must_use]
pub fn names_proof(name: &str) -> bool {
    let plain = plain(name);
    [
        "csrf",
        "xsrf",
        "nonce",
        "signature",
        "captcha",
        "password",
        "otp",
        "hmac",
    ]
    .iter()
    .any(|part| plain.contains(part))
}

/// Whether a name means what ties a request to a form, a visit or a cached answer: who guesses it gains nothing that lasts.
#[must_use]
pub fn names_tie(name: &str) -> bool {
    let plain = plain(name);
    [
        "csrf",
        "xsrf",
        "nonce",
        "state",
        "captcha",
        "etag",
        "ifmatch",
        "ifnonematch",
    ]
    .iter()
    .any(|part| plain.contains(part))
}

/// Whether a setting, column or variable name speaks of a secret.
#[must_use]
pub fn names_secret(name: &str) -> bool {
    let plain = plain(name);
    lexicon::is_credential(&plain)
        || ["key", "token", "secret", "password", "credential"]
            .iter()
            .any(|part| plain.contains(part))
            && ![
                "keyid",
                "tokenid",
                "keyname",
                "publickey",
                "expir",
                "enabled",
                "required",
                "header",
                "prefix",
                "require",
                "disable",
                "optional",
                "enforce",
                // What this program presents to somebody else, and where.
                "url",
                "uri",
                "endpoint",
                "oauth",
                "clientsecret",
            ]
            .iter()
            .any(|part| plain.contains(part))
}

/// Whether a store's or column's name speaks of API keys.
#[must_use]
pub fn names_api_key(name: &str) -> bool {
    let plain = plain(name);
    if lexicon::is_credential(&plain) {
        return true;
    }
    if never(name) {
        return false;
    }
    [
        "apikey",
        "apitoken",
        "accesstoken",
        "authtoken",
        "clientkey",
        "servicekey",
        "servicetoken",
        "validkeys",
        "accesskey",
        "apiclient",
        "apiuser",
    ]
    .iter()
    .any(|part| plain.contains(part))
        || ["key", "token", "clients"].contains(&plain.as_str())
        || (plain.ends_with("keys") || plain.ends_with("tokens")) && !opens_no_api(&plain)
}

/// Whether the keys that a store's plain name speaks of name or open something else than an API.
fn opens_no_api(plain: &str) -> bool {
    [
        "message",
        "translation",
        "primary",
        "host",
        "hot",
        "map",
        "dict",
        "meta",
    ]
    .iter()
    .any(|part| plain.contains(part))
}

/// Whether a column numbers or names what it stands in: who knows it has no key.
#[must_use]
pub fn names_row(column: &str) -> bool {
    let plain = plain(column);
    plain.ends_with("id") || ["pk", "name", "label", "owner", "slug"].contains(&plain.as_str())
}

/// Whether a text is plainly the name of a field of records, and so nobody's key.
#[must_use]
pub fn names_field(text: &str) -> bool {
    let word = text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    word && (["_at", "_id", "_type"].iter().any(|end| text.ends_with(end))
        || ["id", "name", "title", "description", "type", "status", "length", "size"].contains(&text))
}

/// Whether a column or attribute says who somebody is, and is known to others: who tells it proves nothing.
#[must_use]
pub fn names_person(name: &str) -> bool {
    let plain = plain(name);
    names_row(name)
        || ["username", "login", "email", "realm"]
            .iter()
            .any(|end| plain.ends_with(end))
}

/// Whether a name says what keys look like or where they travel, rather than which there are.
#[must_use]
pub fn tells_form(name: &str) -> bool {
    let plain = plain(name);
    ["prefix", "header", "scheme", "pattern", "length", "param", "name"]
        .iter()
        .any(|end| plain.ends_with(end))
}

/// Whether a name is one that tokens use for what they say of themselves (RFC 7519 §4.1, RFC 7515 §4.1): none is a secret.
#[must_use]
pub fn is_claim(name: &str) -> bool {
    is_formal(name) || ["sub", "kid", "azp", "scope"].contains(&name)
}

/// Whether a token says of itself under this name who made it, for whom, how and until when.
#[must_use]
pub fn is_formal(name: &str) -> bool {
    ["iss", "aud", "exp", "nbf", "iat", "alg", "typ"].contains(&name)
}

/// Whether a token says of itself under this name for what, for whom or about whom it was made.
#[must_use]
pub fn names_purpose(name: &str) -> bool {
    is_formal(name)
        || [
            "sub",
            "azp",
            "kid",
            "type",
            "token_type",
            "tokenType",
            "token_use",
            "use",
            "purpose",
        ]
        .contains(&name)
}

/// Whether this says of a request where it comes from.
#[must_use]
pub fn names_address(about: &str) -> bool {
    matches!(about, "remote_addr" | "access_route")
}

/// Whether texts that are listed together are the names of settings.
#[must_use]
pub fn are_settings<'t>(texts: impl IntoIterator<Item = &'t str>) -> bool {
    let mut several = false;
    texts.into_iter().all(|text| {
        several |= text.contains('_');
        text.len() > 1 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    }) && several
}

/// Whether a column's name says no more than that something opens with it.
#[must_use]
pub fn is_bare(name: &str) -> bool {
    ["key", "token", "keys", "tokens"].contains(&plain(name).as_str())
}

/// Whether a store's name speaks of those who call: a token column of such a store identifies.
#[must_use]
pub fn names_caller(name: &str) -> bool {
    let plain = plain(name);
    [
        "user",
        "client",
        "account",
        "customer",
        "tenant",
        "partner",
        "reseller",
        "device",
        "agent",
        "member",
        "team",
        "app",
        "consumer",
        "operator",
        "owner",
        "person",
        "people",
        "service",
        "station",
        "organi",
        "company",
        "credential",
        "access",
        "auth",
        "caller",
        "subscriber",
        "merchant",
        "vendor",
        "integration",
        "worker",
        "bot",
    ]
    .iter()
    .any(|part| plain.contains(part))
        || plain.starts_with("org")
        || plain.contains("key") && !opens_no_api(&plain)
}

/// Whether an attribute says that a key or account may not be used; the polarity that forbids.
#[must_use]
pub fn usability(name: &str) -> Option<bool> {
    const FORBIDS: [&str; 11] = [
        "revoked",
        "deactivated",
        "disabled",
        "deleted",
        "expired",
        "banned",
        "suspended",
        "locked",
        "blocked",
        "inactive",
        "archived",
    ];
    const ALLOWS: [&str; 5] = ["active", "enabled", "valid", "usable", "live"];
    let plain = plain(name);
    // Whom somebody has blocked, or whether one is blocked by another, says nothing of the key.
    let of_others = |part: &str| {
        let rest = plain.split_once(part).map_or("", |(_, rest)| rest);
        ["user", "account", "member", "people", "id"]
            .iter()
            .any(|other| rest.starts_with(other))
            || rest.starts_with("by") && ["is", "get", "has"].iter().any(|asks| plain.starts_with(asks))
    };
    if let Some(part) = FORBIDS.iter().find(|part| plain.contains(**part)) {
        return (!of_others(part)).then_some(true);
    }
    ALLOWS
        .iter()
        .any(|part| plain == *part || plain == format!("is{part}"))
        .then_some(false)
}

/// Whether a role, scope or attribute means administration.
#[must_use]
pub fn names_admin(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let plain = plain(name);
    plain.contains("admin")
        || plain.contains("superuser")
        || plain.contains("root") && plain.len() <= 6
        || plain.contains("staff")
        || plain.contains("moderator")
        || plain.contains("sysop")
        || plain.contains("owner") && plain.starts_with("role")
        || lower.ends_with(":all")
        || lower == "*"
}

/// Whether a name means what a caller may do.
#[must_use]
pub fn names_right(name: &str) -> bool {
    let plain = plain(name);
    [
        "scope",
        "role",
        "permission",
        "perm",
        "can",
        "allow",
        "right",
        "privilege",
        "capab",
        "write",
        "read",
    ]
    .iter()
    .any(|part| plain.contains(part))
}

/// Whether a column is called as primary keys are.
#[must_use]
pub fn is_primary_key(column: &str) -> bool {
    matches!(column, "id" | "pk" | "uuid" | "uid" | "_id")
}

/// Whether a name says which part of a list is asked for.
#[must_use]
pub fn names_part_of_list(name: &str) -> bool {
    ["page", "perpage", "pagesize", "limit", "offset"].contains(&plain(name).as_str())
}

/// Whether a name means how high a caller stands.
#[must_use]
pub fn names_rank(name: &str) -> bool {
    let plain = plain(name);
    [
        "role",
        "rank",
        "level",
        "privilege",
        "privileges",
        "accesslevel",
        "roleid",
        "userrole",
        "userlevel",
    ]
    .contains(&plain.as_str())
}

/// Whether a store keeps what is no longer accepted.
#[must_use]
pub fn names_refused(store: &str) -> bool {
    let plain = plain(store);
    ["blacklist", "blocklist", "denylist", "revoked", "blocked", "banned"]
        .iter()
        .any(|part| plain.contains(part))
}

/// Whether a role is one that any caller may have: a list with an administrative role and such a one keeps nobody out.
#[must_use]
pub fn names_anybody(name: &str) -> bool {
    const ROLES: [&str; 16] = [
        "user",
        "users",
        "member",
        "members",
        "viewer",
        "reader",
        "guest",
        "customer",
        "client",
        "tenant",
        "basic",
        "public",
        "student",
        "employee",
        "subscriber",
        "default",
    ];
    ROLES.contains(&plain(name).as_str()) || name.to_ascii_lowercase().contains("read")
}

/// Whether a name in the session says who is logged in.
#[must_use]
pub fn names_identity(name: &str) -> bool {
    let plain = plain(name);
    [
        "user", "account", "login", "loggedin", "member", "identity", "customer", "tenant", "organi", "email", "auth",
        "admin", "profile",
    ]
    .iter()
    .any(|part| plain.contains(part))
        || ["id", "uid", "sub", "me", "role", "orgid", "org"].contains(&plain.as_str())
}

/// Whether an attribute, column or parameter names a tenant.
#[must_use]
pub fn names_tenant(name: &str) -> bool {
    let plain = plain(name);
    if lexicon::is_tenant(&plain) {
        return true;
    }
    let plain = plain.strip_prefix('x').filter(|rest| rest.len() > 4).unwrap_or(&plain);
    let stem = plain
        .strip_suffix("id")
        .or_else(|| plain.strip_suffix("slug"))
        .unwrap_or(plain);
    let stem = stem.strip_suffix("name").unwrap_or(stem);
    let stem = stem.strip_suffix('s').unwrap_or(stem);
    [
        "tenant",
        "org",
        "organization",
        "organisation",
        "account",
        "customer",
        "company",
        "workspace",
        "merchant",
        "client",
        "orgid",
        "tenantid",
        "accountid",
        "customerid",
    ]
    .contains(&stem)
}

/// Whether an attribute or column names an owner or tenant.
#[must_use]
pub fn names_owner(name: &str) -> bool {
    let plain = plain(name);
    names_tenant(name)
        || [
            "owner",
            "ownerid",
            "user",
            "userid",
            "createdby",
            "author",
            "authorid",
            "creatorid",
            "member",
            "teamid",
            "team",
        ]
        .contains(&plain.as_str())
}

/// Scheme words of the `Authorization` header.
#[must_use]
pub fn is_scheme(text: &str) -> bool {
    let plain = plain(text);
    [
        "bearer", "apikey", "token", "basic", "key", "digest", "apitoken", "jwt", "hmac", "auth",
    ]
    .contains(&plain.as_str())
}

/// Words of which texts consist that stand where a key belongs and are none.
const STAND_INS: [&str; 34] = [
    "my",
    "your",
    "the",
    "a",
    "dev",
    "development",
    "test",
    "testing",
    "demo",
    "local",
    "example",
    "sample",
    "default",
    "secret",
    "key",
    "api",
    "token",
    "apikey",
    "change",
    "me",
    "changeme",
    "this",
    "here",
    "in",
    "production",
    "prod",
    "insecure",
    "not",
    "set",
    "unset",
    "for",
    "only",
    "value",
    "debug",
];

/// Parts of texts that say that a key is still to be put there.
const TO_BE_FILLED: [&str; 22] = [
    "changeme",
    "changethis",
    "change-me",
    "change_me",
    "change-this",
    "change_this",
    "replace",
    "your-",
    "your_",
    "yourkey",
    "yourapi",
    "yoursecret",
    "yourtoken",
    "placeholder",
    "example",
    "dummy",
    "fixme",
    "todo",
    "insert",
    "xxx",
    "***",
    "...",
];

/// The key that a constant is, if it can be one that works: not a placeholder, a scheme or an environment. `spare` where it only
/// stands in for a setting; `surely` where what is held against it can be nothing but a key.
#[must_use]
pub fn as_key(text: &str, spare: bool, surely: bool) -> Option<&str> {
    let mut key = text.trim();
    if let Some((scheme, rest)) = key.split_once(' ') {
        if !is_scheme(scheme) || plain(scheme) == "basic" {
            return None;
        }
        key = rest.trim();
    }
    let lower = key.to_ascii_lowercase();
    let words = || {
        lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
    };
    let count = key.chars().count();
    let first = key.chars().next()?;
    let empty = ["null", "none", "undefined", "true", "false", "anonymous"].contains(&lower.as_str());
    let unfinished = key.ends_with(['_', '-', '=', ':']) && !key.ends_with("==") && count < 12;
    let odd = key.contains(['<', '>', '{', '}', '$', '%', '\u{0}']) || key.chars().any(char::is_whitespace);
    let repeated = key.chars().all(|c| c == first);
    let placeholder =
        TO_BE_FILLED.iter().any(|part| lower.contains(part)) || spare && words().all(|word| STAND_INS.contains(&word));
    let works = count >= 4 && !empty && !unfinished && !odd && !repeated && !placeholder && !is_scheme(key);
    let named = environment(key).is_some() && words().count() == 1;
    (works && !named && (surely || is_random(key))).then_some(key)
}

/// Whether a text looks made by a generator rather than by a person.
#[must_use]
pub fn is_random(text: &str) -> bool {
    let letters = text.chars().any(|c| c.is_ascii_alphabetic());
    let digits = text.chars().filter(char::is_ascii_digit).count();
    text.len() >= 16 && letters && digits >= 2 && !text.contains(['/', ' '])
}

/// The environment that a word names.
#[must_use]
pub fn environment(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "live" | "prod" | "production" => "production",
        "test" | "testing" => "test",
        "stage" | "staging" | "stg" => "staging",
        "dev" | "development" => "development",
        "sandbox" => "sandbox",
        "qa" | "uat" => "acceptance",
        _ => return None,
    })
}

/// The environment that a key says it is for: one of the words that it begins with, `sk_test_…`.
#[must_use]
pub fn environment_of_key(key: &str) -> Option<&'static str> {
    let words: Vec<&str> = key.split(['_', '-', '.', ':']).collect();
    let (_, before) = words.split_last()?;
    before.iter().take(3).find_map(|word| environment(word))
}

/// Whether a setting's name has a word for environments in it.
#[must_use]
pub fn speaks_of_environment(name: &str) -> bool {
    name.split(['_', '-', '.']).any(names_environment)
}

/// Whether a name ends in the word for a key.
#[must_use]
pub fn ends_as_key(name: &str) -> bool {
    let plain = plain(name);
    ["key", "token", "secret"].iter().any(|word| plain.ends_with(word)) || lexicon::is_credential(&plain)
}

/// Whether a column holds keys as they are: not digests, parts that name them, or cipher texts.
#[must_use]
pub fn holds_key(column: &str) -> bool {
    const OF_A_KEY: [&str; 8] = [
        "hash",
        "digest",
        "prefix",
        "hmac",
        "sha",
        "crypt",
        "cipher",
        "fingerprint",
    ];
    let plain = plain(column);
    ends_as_key(column) && !names_row(column) && !OF_A_KEY.iter().any(|part| plain.contains(part))
}

/// Whether an attribute or column says for which environment a key is.
#[must_use]
pub fn names_environment(name: &str) -> bool {
    let plain = plain(name);
    [
        "env",
        "environment",
        "stage",
        "mode",
        "deployment",
        "livemode",
        "live",
        "sandbox",
        "testmode",
        "istest",
        "test",
        "islive",
    ]
    .contains(&plain.as_str())
        || plain.ends_with("environment")
}

/// Whether an attribute or column says, or may say, whether a key or account may still be used.
#[must_use]
pub fn tells_usability(name: &str) -> bool {
    let plain = plain(name);
    usability(name).is_some()
        || ["expir", "active", "enabled", "usable", "valid"]
            .iter()
            .any(|part| plain.contains(part))
        || ["status", "state"].contains(&plain.as_str())
}

/// Whether a field of a key or account can say nothing but whether it may still be used.
#[must_use]
pub fn limits_use(name: &str) -> bool {
    const OF_SOMETHING_ELSE: [&str; 9] = [
        "password", "mail", "otp", "reset", "session", "notif", "invit", "trial", "refresh",
    ];
    const SAYING: [&str; 17] = [
        "revoked",
        "disabled",
        "deleted",
        "expired",
        "banned",
        "suspended",
        "locked",
        "blocked",
        "inactive",
        "deactivated",
        "active",
        "enabled",
        "expires",
        "expiry",
        "expiration",
        "validuntil",
        "revocation",
    ];
    let plain = plain(name);
    if OF_SOMETHING_ELSE.iter().any(|part| plain.contains(part)) {
        return false;
    }
    let stem = ["at", "on", "date", "time"]
        .iter()
        .find_map(|end| plain.strip_suffix(end).filter(|stem| SAYING.contains(stem)))
        .unwrap_or(&plain);
    let stem = ["is", "was", "key", "token"]
        .iter()
        .find_map(|start| stem.strip_prefix(start))
        .unwrap_or(stem);
    SAYING.contains(&stem)
}

/// Whether the words of a URL rule, or of the view's own name, say that the endpoint is there for callers without a key:
/// it tells how the program fares, documents it, serves what a browser needs, or is where callers get to be known.
#[must_use]
pub fn names_public_route(rule: &str, view: &str) -> bool {
    const TELLING: [&str; 26] = [
        "health",
        "healthz",
        "healthcheck",
        "heartbeat",
        "ping",
        "alive",
        "live",
        "livez",
        "liveness",
        "ready",
        "readyz",
        "readiness",
        "status",
        "uptime",
        "version",
        "info",
        "metrics",
        "prometheus",
        "index",
        "home",
        "root",
        "error",
        "token",
        "auth",
        "spec",
        "schema",
    ];
    const SERVING: [&str; 33] = [
        "public",
        "login",
        "signin",
        "signup",
        "register",
        "registration",
        "logout",
        "signout",
        "authenticate",
        "authorize",
        "oauth",
        "oauth2",
        "oidc",
        "saml",
        "sso",
        "callback",
        "webhook",
        "webhooks",
        "hook",
        "forgot",
        "reset",
        "verify",
        "confirm",
        "captcha",
        "docs",
        "swagger",
        "openapi",
        "redoc",
        "apidocs",
        "static",
        "assets",
        "favicon",
        "robots",
    ];
    let parts: Vec<&str> = rule.split('/').filter(|part| !part.is_empty()).collect();
    let mut own = view.rsplit('.');
    let name = own.next().unwrap_or(view);
    // A handler of a class view is named by its method: its class tells what it is.
    let name = match name {
        "get" | "post" | "put" | "patch" | "delete" | "dispatch_request" => own.next().unwrap_or(name),
        name => name,
    };
    let says = |text: &str, list: &[&str]| words(text).iter().any(|word| list.contains(&word.as_str()));
    let of_one = rule.contains('<');
    let fixed = parts.iter().filter(|part| !part.contains('<'));
    fixed.clone().any(|part| says(part, &SERVING))
        || says(name, &SERVING)
        || !of_one && parts.last().is_none_or(|last| says(last, &TELLING))
        || !of_one && says(name, &TELLING[..TELLING.len() - 4])
}

/// Whether a name speaks of something that is no key: in one word as a part of it, in several from the beginning of a word.
fn never(name: &str) -> bool {
    let words: Vec<String> = words(name).into_iter().filter(|word| !word.is_empty()).collect();
    if words.len() < 2 {
        let plain = plain(name);
        return NEVER.iter().any(|part| plain.contains(part));
    }
    (0..words.len()).any(|first| {
        let rest = words[first..].concat();
        NEVER.iter().any(|part| rest.starts_with(part))
    })
}

/// The words of a name, in lower case: `healthCheck` and `health-check` have two.
fn words(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && lower {
            all.push(String::new());
        }
        lower = c.is_ascii_lowercase();
        if let Some(word) = all.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    all
}

/// What a word says that is kept in place of yes or no.
#[must_use]
pub fn affirms(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "t" | "1" | "on" => Some(true),
        "no" | "n" | "false" | "f" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// Whether an attribute is the moment at which a key ends, rather than begins, to be of use.
#[must_use]
pub fn limits_time(name: &str) -> Option<bool> {
    const BEGINNING: [&str; 5] = ["from", "since", "start", "begin", "notbefore"];
    let plain = plain(name);
    if BEGINNING.iter().any(|part| plain.contains(part)) {
        return plain.contains("valid").then_some(false);
    }
    (plain.contains("expir") || plain.contains("valid")).then_some(true)
}
