//! The files of `rules/models/`, one a library.

macro_rules! embedded {
    ($($file:literal)*) => {
        &[$(($file, include_str!(concat!("../../rules/models/", $file, ".toml")))),*]
    };
}

/// The name of each file, and its text. A test holds the list against the folder.
#[rustfmt::skip]
pub const FILES: &[(&str, &str)] = embedded![
    "apifairy" "apiflask" "argon2" "asgiref" "asyncpg" "attrs" "authlib" "bcrypt" "boto3" "celery" "click" "clients" "connexion"
    "cryptography" "databases" "decouple" "dotenv" "drivers" "dynaconf" "elasticsearch" "environ" "environs" "extensions" "firestore"
    "flask" "flask_api" "flask_appbuilder" "flask_caching" "flask_classful" "flask_httpauth" "flask_jwt"
    "flask_jwt_extended" "flask_login" "flask_oidc" "flask_openapi3" "flask_principal" "flask_pydantic"
    "flask_restful" "flask_restx" "flask_security" "flask_smorest" "flask_sqlalchemy" "hashlib" "hmac" "http" "httpx"
    "itsdangerous" "jose" "jwt" "logging" "loguru" "markupsafe" "marshmallow" "metrics" "mongoengine" "nacl" "os"
    "passlib" "peewee" "psycopg" "psycopg2" "pydantic" "pydantic_settings" "pymongo" "pymysql" "python" "quart"
    "redis" "requests" "roles" "secrets" "smtplib" "sqlalchemy" "sqlite3" "sqlmodel" "starlette" "structlog" "subprocess"
    "tasks" "urllib" "webargs" "werkzeug"
];
