import ArgumentParser
import Logging
import NIOCore

/// What `articled serve` was told about TLS and HTTP/2.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Speak TLS on the port, with this certificate and those that lead to a root, in PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "With TLS: how long browsers must not come without it (HSTS); 0 does not say so.", valueName: "time"))
    var hsts = TimeSpan(.hours(24 * 365))

    @Flag(name: .customLong("http2"), inversion: .prefixedNo, help: "With TLS: offer HTTP/2.")
    var isHTTP2 = true

    @Option(
        name: .customLong("http2-streams"),
        help: ArgumentHelp("Requests that a connection of HTTP/2 may have under way.", valueName: "number"))
    var streams = HTTP2Limits().streams

    @Option(
        name: .customLong("http2-resets"),
        help: ArgumentHelp(
            "Requests that a connection of HTTP/2 may take back or spoil in 30 s.", valueName: "number"))
    var resets = HTTP2Limits().resets

    @Option(
        name: .customLong("http2-control-frames"),
        help: ArgumentHelp(
            "Pings, settings and priorities that a connection of HTTP/2 may send in 30 s.", valueName: "number"))
    var controlFrames = HTTP2Limits().controlFrames

    /// - Throws: `ValidationError`.
    func check() throws {
        if tlsCert == nil, tlsKey != nil { throw ValidationError("--tls-key needs --tls-cert.") }
        if tlsKey == nil, tlsCert != nil { throw ValidationError("--tls-cert needs --tls-key.") }
        for (name, number) in [
            ("--http2-streams", streams), ("--http2-resets", resets), ("--http2-control-frames", controlFrames),
        ] where !(1...1_000_000).contains(number) { throw ValidationError("\(name) must be from 1 to 1000000.") }
    }

    /// The certificate to begin with; `nil` without TLS.
    ///
    /// - Throws: ``CertificateError``.
    func certificates(logger: Logger) throws(CertificateError) -> Certificates? {
        guard let tlsCert, let tlsKey else { return nil }
        return try Certificates(certificateFile: tlsCert, keyFile: tlsKey, isHTTP2: isHTTP2, logger: logger)
    }

    /// The value of `Strict-Transport-Security` (RFC 6797); `nil` where it is not sent.
    var strictTransportSecurity: String? {
        let seconds = hsts.amount.nanoseconds / 1_000_000_000
        return tlsCert == nil || seconds == 0 ? nil : "max-age=\(seconds)"
    }
}
