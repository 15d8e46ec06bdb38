//! Which names of what the client sends mean an API key (rules.md, "credential").

use super::intern::Via;

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

const STRONG: [&str; 12] = [
    "apikey",
    "apitoken",
    "accesstoken",
    "authtoken",
    "apisecret",
    "accesskey",
    "appkey",
    "secretkey",
    "clientkey",
    "servicekey",
    "servicetoken",
    "xtoken",
];
const NEVER: [&str; 36] = [
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

/// What a parameter, header or field name means.
#[must_use]
pub fn naming(via: Via, name: &str) -> Naming {
    let plain = plain(name);
    if plain == "authorization" {
        return if via == Via::Header {
            Naming::Strong
        } else {
            Naming::Generic
        };
    }
    if NEVER.iter().any(|part| plain.contains(part)) {
        return Naming::Never;
    }
    if STRONG.iter().any(|part| plain.contains(part)) && !plain.ends_with("id") && !plain.ends_with("name") {
        return Naming::Strong;
    }
    let generic = GENERIC.contains(&plain.as_str())
        || plain.ends_with("token")
        || plain.ends_with("key")
        || (via == Via::Header && (plain.contains("auth") || plain.contains("token") || plain.contains("key")));
    if generic { Naming::Generic } else { Naming::Never }
}

/// Whether a setting, column or variable name speaks of a secret.
#[must_use]
pub fn names_secret(name: &str) -> bool {
    let plain = plain(name);
    ["key", "token", "secret", "password", "credential"]
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
        ]
        .iter()
        .any(|part| plain.contains(part))
}

/// Whether a store's or column's name speaks of API keys.
#[must_use]
pub fn names_api_key(name: &str) -> bool {
    let plain = plain(name);
    if NEVER.iter().any(|part| plain.contains(part)) {
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
        || ["keys", "tokens", "key", "token", "clients", "secretkeys"].contains(&plain.as_str())
}

/// Whether an attribute says that a key or account may not be used; the polarity that forbids.
#[must_use]
pub fn usability(name: &str) -> Option<bool> {
    let plain = plain(name);
    const FORBIDS: [&str; 10] = [
        "revoked",
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
    if FORBIDS.iter().any(|part| plain.contains(part)) {
        return Some(true);
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
        || plain.contains("owner") && plain.starts_with("role")
        || lower.ends_with(":all")
        || lower == "*"
}

/// Whether an attribute, column or parameter names a tenant.
#[must_use]
pub fn names_tenant(name: &str) -> bool {
    let plain = plain(name);
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
