//! `storage.gcs`

use crate::Secret;
use crate::section::{choice, section};

section! {
    /// A bucket of Google Cloud Storage. `STORAGE_EMULATOR_HOST` names another service than
    /// Google's.
    Gcs {
        /// The bucket.
        bucket: String [since "2.0"];
        /// A file with the key of a service account. Without it and `credentials`, Google's
        /// application default credentials are searched: `GOOGLE_APPLICATION_CREDENTIALS`, the
        /// file of `gcloud`, the account of the machine.
        keyfile: Option<String> [since "2.0"];
        /// The same key, here.
        credentials: Option<GcsCredentials> [since "2.8"];
        /// A prefix of every object's name.
        rootdirectory: Option<String> [since "2.0"];
        /// Bytes of the first parts of an upload: a multiple of 256 KiB, taken for 5 MiB at
        /// least; later ones are larger.
        chunksize: u64 = "16777216" [since "2.2"];
        /// Requests at once; less than 25 stands for that, and 0 for the default.
        maxconcurrency: u32 = "50" [since "2.7"];
        /// What requests say they come from.
        useragent: Option<String> [since "3.0"];
    }
}

section! {
    /// The key of a service account, as Google gives it out.
    GcsCredentials {
        /// What it is the key of.
        kind ("type"): GcsAccount [since "2.8"];
        /// The project. The account's name says which one it is.
        project_id: Option<String> [since "2.8", state NoEffect];
        /// The key's name.
        private_key_id: Option<String> [since "2.8"];
        /// The key, in PEM.
        private_key: Secret [since "2.8"];
        /// The account's name.
        client_email: String [since "2.8"];
        /// The account's number. It is known by its name.
        client_id: Option<String> [since "2.8", state NoEffect];
        /// Where people log in. Nobody does here.
        auth_uri: Option<String> [since "2.8", state NoEffect];
        /// Where keys become tokens. Tokens are signed by the key itself here.
        token_uri: Option<String> [since "2.8", state NoEffect];
        /// Where Google's certificates are. They are not asked for.
        auth_provider_x509_cert_url: Option<String> [since "2.8", state NoEffect];
        /// Where the account's certificates are. They are not asked for.
        client_x509_cert_url: Option<String> [since "2.8", state NoEffect];
        /// The domain of Google's services. They are asked at googleapis.com.
        universe_domain: Option<String> [since "3.0", state NoEffect];
    }
}

choice! {
    /// What Google gives keys to.
    GcsAccount {
        /// A service account.
        ServiceAccount = "service_account",
    }
}
