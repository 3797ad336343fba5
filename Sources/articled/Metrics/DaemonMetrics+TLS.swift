import Core

extension DaemonMetrics {
    func addTLS(_ answers: AnswerFigures, to text: inout ExpositionText) {
        if let certificate = certificates?.newest {
            text.add(
                .gauge, "articled_tls_certificate_not_after_seconds",
                "When the certificate that new connections get expires, since 1970.",
                Double(certificate.notAfter.milliseconds) / 1000)
        }
        let failed = failures.counts
        text.family(
            .counter, "articled_tls_handshake_failures_total",
            "Connections that came to no agreement on TLS, or spoke it where it is not spoken, by reason."
        ) {
            for failure in HandshakeFailure.allCases {
                $0.sample(failed[failure, default: 0], ["reason": failure.rawValue])
            }
        }
        text.family(
            .counter, "articled_http2_connections_ended_total",
            "Connections of HTTP/2 that were ended: by --http2-streams, --http2-resets, --http2-control-frames, --max-header, or because what came is invalid."
        ) {
            for reason in HTTP2End.Reason.allCases {
                $0.sample(answers.http2Ends[reason, default: 0], ["reason": reason.rawValue])
            }
        }
        text.add(
            .counter, "articled_http2_stalled_requests_total",
            "Requests of HTTP/2 that were ended because nothing of their answer was taken for --stall-timeout.",
            answers.stalledRequests)
    }
}
