import Core

/// Which sites' pages may subscribe and write: the daemon's own, and those of `--allowed-origin`.
///
/// Browsers send a page's origin with every handshake and every write (RFC 6454 section 7), and their credentials with
/// it: another site's page must not act through them. Programs send none.
///
/// Copies share them: what a reload changes is changed for all.
struct OriginPolicy: Sendable {
    private let live: Live<Set<String>>

    init(allowed: Set<String> = []) {
        live = Live(allowed)
    }

    /// Whether a browser may send a text as an origin: scheme, host and perhaps a port, in small letters (RFC 6454 section
    /// 6.2), or `null`.
    static func isOrigin(_ text: String) -> Bool {
        text == "null" || text.wholeMatch(of: /[a-z][a-z0-9+.-]*:\/\/[a-z0-9._\[\]:-]+/) != nil
    }

    /// Such as `https://news.example`.
    var allowed: Set<String> { live.value }

    func allow(_ origins: Set<String>) {
        live.set(origins)
    }

    /// - Parameters:
    ///   - origins: the headers of that name.
    ///   - host: the host and port that were addressed.
    ///   - isSecure: TLS was used, so that a page that came without it is another site's: anybody on the way may have
    ///     written it. Where TLS may have ended at a proxy that is not trusted, this can't be told.
    /// - Throws: ``ServiceError`` `forbidden`.
    func check(_ origins: [String], host: String, isSecure: Bool = false) throws(ServiceError) {
        guard let origin = origins.first, origins.count > 1 || !allowed.contains(origin) else { return }
        let originHost = origin.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last
        let isOwnScheme = !isSecure || origin.lowercased().hasPrefix("https://")
        guard origins.count == 1, isOwnScheme, !host.isEmpty, originHost?.lowercased() == host.lowercased() else {
            throw ServiceError(
                .forbidden,
                "Pages of the origin \(origin.prefix(100)) may not do this. Whoever runs the server can allow it with --allowed-origin."
            )
        }
    }
}
