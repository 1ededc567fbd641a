//! A connection, to one server or to a cluster of them.

use redis::aio::MultiplexedConnection;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, FromRedisValue,
    IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo, RedisResult, TlsCertificates,
    TlsMode,
};

use crate::options::{Address, Options, Protocol, Servers};

/// Many may use it at once: each clone is the same.
#[derive(Clone)]
pub(crate) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

// === impl Connection ===

impl Connection {
    /// One that has answered.
    pub(crate) async fn open(options: &Options) -> RedisResult<Self> {
        let opened = match &options.servers {
            Servers::One(address) => {
                let client = options.client(address)?;
                Self::One(options.connect(&client).await?)
            }
            Servers::Watched { .. } => {
                let client = options.watched()?.async_get_client().await?;
                Self::One(options.connect(&client).await?)
            }
            Servers::Cluster(addresses) => {
                let client = options.cluster(addresses)?;
                Self::Cluster(client.get_async_connection().await?)
            }
        };
        // A server that hangs is not one that is there.
        opened.ask::<()>(&redis::cmd("PING")).await?;
        Ok(opened)
    }

    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self.clone() {
            Self::One(mut connection) => command.query_async(&mut connection).await,
            Self::Cluster(mut connection) => command.query_async(&mut connection).await,
        }
    }
}

// === impl Options ===

impl Options {
    fn client(&self, address: &Address) -> RedisResult<Client> {
        let address = self.address(address);
        let information = address
            .into_connection_info()?
            .set_redis_settings(self.login());
        match self.certificates() {
            Some(certificates) => Client::build_with_tls(information, certificates),
            None => Client::open(information),
        }
    }

    async fn connect(&self, client: &Client) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connecting))
            .set_response_timeout(Some(self.answering));
        let connected = client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = connected.await?;
        let mut tell = redis::cmd("CLIENT");
        if let Some(name) = &self.name {
            let named = tell.arg("SETNAME").arg(name);
            named.query_async::<()>(&mut connection).await?;
        }
        Ok(connection)
    }

    fn watched(&self) -> RedisResult<SentinelClient> {
        let (sentinels, master, username, password) = match &self.servers {
            Servers::Watched {
                sentinels,
                master,
                username,
                password,
            } => (sentinels.as_slice(), master.as_str(), username, password),
            Servers::One(_) | Servers::Cluster(_) => (&[][..], "", &None, &None),
        };
        let sentinels = sentinels.iter().map(|address| self.address(address));
        let mut builder =
            SentinelClientBuilder::new(sentinels, master, SentinelServerType::Master)?
                .set_client_to_redis_db(self.db)
                .set_client_to_redis_protocol(self.protocol());
        if let Some(username) = &self.username {
            builder = builder.set_client_to_redis_username(username);
        }
        if let Some(password) = &self.password {
            builder = builder.set_client_to_redis_password(password);
        }
        if let Some(username) = username {
            builder = builder.set_client_to_sentinel_username(username);
        }
        if let Some(password) = password {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if let Some(certificates) = self.certificates() {
            builder = builder
                .set_client_to_redis_tls_mode(TlsMode::Secure)
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_tls_mode(TlsMode::Secure)
                .set_client_to_sentinel_certificates(certificates);
        }
        builder.build()
    }

    fn cluster(&self, addresses: &[Address]) -> RedisResult<ClusterClient> {
        let addresses = addresses.iter().map(|address| self.address(address));
        let mut builder = ClusterClientBuilder::new(addresses)
            .connection_timeout(self.connecting)
            .response_timeout(self.answering)
            .overall_response_timeout(Some(self.answering))
            .use_protocol(self.protocol());
        if let Some(username) = &self.username {
            builder = builder.username(username);
        }
        if let Some(password) = &self.password {
            builder = builder.password(password);
        }
        if let Some(certificates) = self.certificates() {
            builder = builder.tls(TlsMode::Secure).certs(certificates);
        }
        builder.build()
    }

    fn address(&self, address: &Address) -> ConnectionAddr {
        let Address { host, port } = address.clone();
        match &self.tls {
            None => ConnectionAddr::Tcp(host, port),
            Some(_) => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: false,
                tls_params: None,
            },
        }
    }

    fn login(&self) -> RedisConnectionInfo {
        let mut login = RedisConnectionInfo::default()
            .set_db(self.db)
            .set_protocol(self.protocol());
        if let Some(username) = &self.username {
            login = login.set_username(username);
        }
        if let Some(password) = &self.password {
            login = login.set_password(password);
        }
        match &self.identity {
            Some(identity) => login.set_lib_name(identity, env!("CARGO_PKG_VERSION")),
            None => login.set_skip_set_lib_name(),
        }
    }

    const fn protocol(&self) -> ProtocolVersion {
        match self.protocol {
            Protocol::Two => ProtocolVersion::RESP2,
            Protocol::Three => ProtocolVersion::RESP3,
        }
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let tls = self.tls.clone()?;
        Some(TlsCertificates {
            client_tls: tls
                .certificate
                .map(|(client_cert, client_key)| ClientTlsConfig {
                    client_cert,
                    client_key,
                }),
            root_cert: tls.authorities,
        })
    }
}
