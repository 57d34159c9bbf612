//! In which format a caller reads figures.

use axum::http::{HeaderMap, header};

/// A format for figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus's text format, which everybody reads.
    Prometheus,
    /// OpenMetrics 1.0, which Prometheus asks for.
    OpenMetrics,
}

const OPEN_METRICS: &str = "application/openmetrics-text";

impl Format {
    /// What a request's `Accept` wants: OpenMetrics when it is named and nothing else is liked better.
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
        let (mut open_metrics, mut text): (f32, f32) = (0.0, 0.0);
        for range in lines.flat_map(|line| line.split(',')) {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                OPEN_METRICS => open_metrics = open_metrics.max(quality(parameters)),
                "text/plain" => text = text.max(quality(parameters)),
                _ => {}
            }
        }
        if open_metrics > 0.0 && open_metrics >= text { Self::OpenMetrics } else { Self::Prometheus }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_client::encoding::prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// How much a media range is liked, from 0 to 1.
fn quality(parameters: &str) -> f32 {
    let given = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
    given.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn open_metrics_is_for_those_who_ask_for_it() {
        for (accept, expected) in [
            (None, Format::Prometheus),
            (Some("*/*"), Format::Prometheus),
            (Some("text/html, application/xhtml+xml;q=0.9"), Format::Prometheus),
            (Some("text/plain"), Format::Prometheus),
            (Some("application/openmetrics-text"), Format::OpenMetrics),
            // As Prometheus 2 and 3 ask.
            (
                Some(
                    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                     text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                ),
                Format::OpenMetrics,
            ),
            (
                Some(
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                     text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.2",
                ),
                Format::OpenMetrics,
            ),
            (Some("text/plain;version=0.0.4, application/openmetrics-text;q=0.1"), Format::Prometheus),
            (Some("application/openmetrics-text;q=0"), Format::Prometheus),
            (Some("application/openmetrics-text;q=much"), Format::Prometheus),
        ] {
            let lines = accept.map(|text| (header::ACCEPT, HeaderValue::from_static(text)));
            assert_eq!(Format::preferred(&lines.into_iter().collect()), expected, "{accept:?}");
        }
    }
}
