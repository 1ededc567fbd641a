//! `wharfinger`: what only this registry has.

use std::time::Duration;

use super::identity::Identity;
use super::space::{Collection, Scrub, Trash};
use crate::Secret;
use crate::section::{choice, section};

section! {
    /// What only this registry has: distribution ignores it, so that one file serves both.
    Wharfinger {
        /// What a manifest may refer to without the repository holding it.
        sparse: Sparse = "none" [since "wharfinger"];
        /// How what was acknowledged is made to survive power loss.
        durability: Durability = "group" [since "wharfinger"];
        /// Let another process listen on the same port (`SO_REUSEPORT`), as a successor does
        /// that is started before this one stops. A client that connects in the very moment in
        /// which this one stops may be reset; a socket passed on by systemd has no such moment.
        shareport: bool = "false" [since "wharfinger"];
        /// Certificates by ACME, beyond `http.tls.letsencrypt`.
        acme: Acme [since "wharfinger"];
        /// Who may do what, beyond what distribution's `auth` can say.
        auth: Identity [since "wharfinger"];
        /// What is kept to be found again faster.
        cache: Cache [since "wharfinger"];
        /// Where servers over one bucket write down what is being removed.
        locks: Locks [since "wharfinger"];
        /// Servers that have blobs for the clients of this one (`wharf edge`).
        edge: Option<Edge> [since "wharfinger"];
        /// How space that nobody needs any more comes back while the registry serves.
        collection: Collection [since "wharfinger"];
        /// What was deleted, as long as it can be restored.
        trash: Trash [since "wharfinger"];
        /// What tags stand for.
        tags: Tags [since "wharfinger"];
        /// Whether what is stored is looked through for damage.
        scrub: Scrub [since "wharfinger"];
    }
}

section! {
    /// What tags stand for.
    Tags {
        /// Repositories in which a tag that is not there stands for the newest release, by
        /// pattern: `*` stands for any characters but `/`, `**` for any part of the path. In
        /// these `1.2` brings the newest `1.2.N`, and `1` the newest `1.M.N`; so do `v1` and
        /// `1-alpine` those with the same `v` and the same end. The header `Wharfinger-Tag` of
        /// the answer says which. A client that looks before a push whether the tag is there,
        /// and names all types of manifests then, may leave out the push of a tag that would
        /// stand for the same image anyway.
        semver: Vec<String> [since "wharfinger"];
    }
}

section! {
    /// What is kept to be found again faster. Nothing is answered from it alone: the store is
    /// asked each time whether it is still so, and other processes may change it. Only an edge
    /// (`wharf edge`) gives what it has on its disk without asking.
    Cache {
        /// The most bytes that are kept in memory: one half for manifests and for blobs of up to
        /// 64 KiB, the other for links, sizes and the names in directories. 0 for nothing.
        memory: u64 = "16777216" [since "wharfinger"];
        /// A directory of this machine for blobs that clients have from here and the store has
        /// far away: for buckets, with `storage.redirect.disable`, and for `wharf edge`. One
        /// process can use it at a time.
        directory: Option<String> [since "wharfinger"];
        /// The most bytes of blobs that are kept there. A blob of more than half of it is not.
        size: u64 = "10737418240" [since "wharfinger"];
    }
}

section! {
    /// Servers that have blobs for the clients of this one. Clients are sent there by URLs that
    /// are good for a while.
    Edge {
        /// Where clients find them: a scheme, a host, and perhaps a path. Without it, nobody is
        /// sent there.
        url: Option<String> [since "wharfinger"];
        /// What URLs are signed with, of 16 characters or more, the same for the registry and
        /// for `wharf edge`. The first one signs; what any of them has signed is taken.
        secrets: Vec<Secret> [since "wharfinger"];
        /// A file with more of them, one on each line. Those in `secrets` come first.
        secretfile: Option<String> [since "wharfinger"];
        /// How long a URL is good for.
        expiry: Duration = "20m" [since "wharfinger"];
    }
}

section! {
    /// Where servers over one bucket write down what is being removed. All of them, and the
    /// commands beside them, need the same: stop them all to change it.
    Locks {
        /// The place.
        driver: LockDriver = "bucket" [since "wharfinger"];
        /// PostgreSQL, where that is the place.
        postgres: Postgres [since "wharfinger"];
    }
}

section! {
    /// PostgreSQL.
    Postgres {
        /// `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, with `?sslmode=require` for TLS, or
        /// words as `host=… user=…`. The table is made when it is missing.
        url: Option<Secret> [since "wharfinger"];
        /// PEM files with the authorities that the server's certificate may be signed by; those
        /// of the system where none are named.
        rootcas: Vec<String> [since "wharfinger"];
    }
}

choice! {
    /// Where it is written down what is being removed from a bucket.
    LockDriver {
        /// In the bucket itself, by conditional writes.
        Bucket = "bucket",
        /// In Redis (section `redis`): for providers that take no notice of conditions.
        Redis = "redis",
        /// In PostgreSQL, for the same.
        Postgres = "postgres",
    }
}

section! {
    /// Certificates by ACME, beyond `http.tls.letsencrypt`.
    Acme {
        /// A PEM file with the authority that signed the certificate of the ACME server
        /// itself, where that is one of your own.
        trusted: Option<String> [since "wharfinger"];
    }
}

choice! {
    /// How what was acknowledged is made to survive power loss.
    Durability {
        /// Writes that wait for the disk at the same moment wait together, where the kernel
        /// and the filesystem of the storage allow it (Linux 5.8; ext4, XFS, btrfs).
        Group = "group",
        /// Each write waits for its own files and directories.
        Fsync = "fsync",
        /// Not at all: for registries that are thrown away. After power loss or a crash of
        /// the machine, what is left may be anything.
        None = "none",
    }
}

choice! {
    /// What may be missing when a manifest is pushed.
    Sparse {
        /// Nothing.
        None = "none",
        /// Children of an index.
        Indexes = "indexes",
        /// Anything.
        All = "all",
    }
}
