import Foundation
package import NIOSSL

/// Whom a client believes that a server is who it says: the authorities that the system trusts, and one's own.
public struct ServerTrust: Sendable {
    /// Trusted beside those of the system.
    private let authorities: [NIOSSLCertificate]

    /// The authorities that the system trusts.
    public static let system = ServerTrust(authorities: [])

    init(authorities: [NIOSSLCertificate]) {
        self.authorities = authorities
    }

    /// Finds out whom to trust: whoever signs with the certificates in the file that was named, else in that of
    /// `ARTICLES_CA_FILE`, and in any case those whom the system trusts.
    ///
    /// - Parameter caFile: PEM.
    /// - Throws: ``ClientError/badAuthorities(_:)`` if there is such a file and it can't be used.
    public static func resolve(caFile: String?, environment: [String: String]) throws(ClientError) -> ServerTrust {
        let variable = environment["ARTICLES_CA_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = caFile ?? variable else { return .system }
        let name = caFile == nil ? "ARTICLES_CA_FILE" : "--ca-file"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .badAuthorities("The file \(path) with the authorities to trust can't be read (\(name)).")
        }
        guard let authorities = try? NIOSSLCertificate.fromPEMBytes(Array(data)), !authorities.isEmpty else {
            throw .badAuthorities(
                "The file \(path) has no certificate in PEM (-----BEGIN CERTIFICATE-----) (\(name)).")
        }
        return ServerTrust(authorities: authorities)
    }

    /// How to make a connection.
    package var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if !authorities.isEmpty { configuration.additionalTrustRoots = [.certificates(authorities)] }
        return configuration
    }
}
