//! `storage.azure`

use std::time::Duration;

use crate::Secret;
use crate::section::{choice, section};

section! {
    /// A container of Azure Blob Storage. It has to be there.
    Azure {
        /// The storage account.
        accountname: String [since "2.0"];
        /// Its key.
        accountkey: Option<Secret> [since "2.0"];
        /// The container.
        container: String [since "2.0"];
        /// Who asks.
        credentials: AzureCredentials [since "3.0"];
        /// A prefix of every object's name.
        rootdirectory: Option<String> [since "3.0"];
        /// The domain of the service.
        realm: String = "core.windows.net" [since "2.1"];
        /// The address of the service with its scheme, if it does not follow from account and
        /// realm.
        serviceurl: Option<String> [since "3.0"];
        /// Address and keys in one text. distribution does not look at it either: write
        /// `serviceurl`, `accountname` and `accountkey`.
        connectionstring: Option<Secret> [since "3.0", state NoEffect];
        /// Attempts after the first; 0 stands for the default, and less than that for none.
        max_retries: i64 = "5" [since "3.0"];
        /// How long before the second attempt; later ones wait longer.
        retry_delay: Duration = "100ms" [since "3.0"];
        /// Do not check the service's certificate.
        skipverify: bool = "false" [since "3.0"];
    }
}

section! {
    /// Who asks Azure.
    AzureCredentials {
        /// Whoever has the account's key, an application, which `AZURE_AUTHORITY_HOST` knows if
        /// Microsoft's public authority does not, or whom the environment names, or the machine
        /// is. Without it, `shared_key` where there is a key, else `default_credentials`.
        kind ("type"): Option<AzureLogin> [since "3.0"];
        /// The application.
        clientid: Option<String> [since "3.0"];
        /// Its tenant.
        tenantid: Option<String> [since "3.0"];
        /// Its secret.
        secret: Option<Secret> [since "3.0"];
    }
}

choice! {
    /// How Azure knows who asks.
    AzureLogin {
        /// By the account's key.
        SharedKey = "shared_key",
        /// By the secret of an application.
        ClientSecret = "client_secret",
        /// As the environment says, or by what the machine is.
        DefaultCredentials = "default_credentials",
    }
}
