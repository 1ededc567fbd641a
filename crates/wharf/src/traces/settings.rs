//! Whether and where traces are sent, as OpenTelemetry's environment variables tell.

/// What is decided here; the rest is for the SDK.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Settings {
    /// The whole URL.
    pub(super) endpoint: String,
    pub(super) service: String,
}

// === impl Settings ===

impl Settings {
    /// Nothing, if nothing is to be sent.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        // An empty variable is as good as none (OpenTelemetry, "Environment Variables").
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| {
            let base = variable("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            Some(format!("{}/v1/traces", base.trim_end_matches('/')))
        })?;
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return None;
        }
        match variable("OTEL_TRACES_EXPORTER").as_deref() {
            None | Some("otlp") => {}
            Some("none") => return None,
            Some(exporter) => {
                tracing::warn!(
                    exporter,
                    "no traces: OTEL_TRACES_EXPORTER may be otlp or none"
                );
                return None;
            }
        }
        let protocol = variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
            .or_else(|| variable("OTEL_EXPORTER_OTLP_PROTOCOL"));
        match protocol.as_deref() {
            None | Some("http/protobuf") => {}
            Some(protocol) => tracing::warn!(
                protocol,
                "traces are sent by http/protobuf: name an endpoint that takes it"
            ),
        }
        let service = variable("OTEL_SERVICE_NAME")
            .or_else(|| attribute(&variable("OTEL_RESOURCE_ATTRIBUTES")?, "service.name"))
            .unwrap_or_else(|| "distribution".to_owned());
        Some(Self { endpoint, service })
    }
}

/// The value of one of `name=value,name=value`.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut pairs = attributes
        .split(',')
        .filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| known.trim() == name)?;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<(String, String)> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(find).map(|settings| (settings.endpoint, settings.service))
    }

    #[test]
    fn nothing_is_sent_without_an_endpoint() {
        const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");
        for variables in [
            &[][..],
            &[("OTEL_TRACES_EXPORTER", "otlp")],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
            &[BASE, ("OTEL_TRACES_EXPORTER", "none")],
            &[BASE, ("OTEL_TRACES_EXPORTER", "console")],
            &[BASE, ("OTEL_SDK_DISABLED", "TRUE")],
        ] {
            assert_eq!(read(variables), None, "{variables:?}");
        }
    }

    #[test]
    fn endpoints_and_names_are_those_of_the_specification() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/x/");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t/in");
        let named = ("OTEL_SERVICE_NAME", "hub");
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "a=b, service.name = mirror");
        let traces = "http://c:4318/x/v1/traces";
        for (variables, endpoint, service) in [
            (&[base][..], traces, "distribution"),
            (&[base, own], "https://t/in", "distribution"),
            (&[base, attributes], traces, "mirror"),
            (&[base, attributes, named], traces, "hub"),
            (
                &[base, ("OTEL_TRACES_EXPORTER", "otlp")],
                traces,
                "distribution",
            ),
        ] {
            let expected = Some((endpoint.to_owned(), service.to_owned()));
            assert_eq!(read(variables), expected, "{variables:?}");
        }
    }
}
