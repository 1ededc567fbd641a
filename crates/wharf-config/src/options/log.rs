//! `log`

use std::collections::BTreeMap;

use crate::Secret;
use crate::section::{choice, section};
use crate::value::Free;

section! {
    /// What is logged on standard error, and how; and the access log on standard output.
    Log {
        /// A line per request, in Apache's combined format, on standard output.
        accesslog: AccessLog [since "2.0"];
        /// The least severe lines that are written. SIGHUP reads it again.
        level: Level = "info" [since "2.0"];
        /// How a line is written.
        formatter: Formatter = "text" [since "2.0"];
        /// Fields that every line gets.
        fields: BTreeMap<String, Free> [since "2.0"];
        /// Mail for certain lines.
        hooks: Vec<Hook> [since "2.0", state NotBuilt];
        /// Tell in each line where in the code it comes from.
        reportcaller: bool = "false" [since "3.0"];
    }
}

section! {
    /// The access log.
    AccessLog {
        /// Do not write it.
        disabled: bool = "false" [since "2.0"];
    }
}

choice! {
    /// How severe a line is.
    Level {
        /// Something is broken.
        Error = "error",
        /// Something needs looking at.
        Warn = "warn",
        /// What happens.
        Info = "info",
        /// What may help to understand it.
        Debug = "debug",
    }
}

choice! {
    /// How a line is written.
    Formatter {
        /// `key=value` pairs.
        Text = "text",
        /// A JSON object.
        Json = "json",
        /// A JSON object as Logstash reads it.
        Logstash = "logstash",
    }
}

section! {
    /// What to do with certain lines.
    Hook {
        /// Leave it out.
        disabled: bool = "false" [since "2.0"];
        /// `mail`, the only kind.
        kind ("type"): String [since "2.0"];
        /// For lines of these levels.
        levels: Vec<String> [since "2.0"];
        /// How to mail.
        options: HookOptions [since "2.0", env "MAILOPTIONS"];
    }
}

section! {
    /// How to mail.
    HookOptions {
        /// The server.
        smtp: Smtp [since "2.0"];
        /// The sender.
        from: Option<String> [since "2.0"];
        /// The receivers.
        to: Vec<String> [since "2.0"];
    }
}

section! {
    /// The mail server.
    Smtp {
        /// Its address, `HOST:PORT`.
        addr: Option<String> [since "2.0"];
        /// Who to log in as.
        username: Option<String> [since "2.0"];
        /// The password.
        password: Option<Secret> [since "2.0"];
        /// Do not check its certificate.
        insecure: bool = "false" [since "2.0"];
    }
}
