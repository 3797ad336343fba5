import ArgumentParser
import Core
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The daemon's command line.
@main
struct Articled: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "articled",
        abstract: "A live feed of articles over WebSocket, with a page, an API and a durable store.",
        usage: """
            articled serve
            articled serve --port 8001 --data-dir /srv/articles
            articled createsuperuser
            articled user add ada --role editor
            articled token create --name ci --expires 90d
            articled backup /backups/articles.sqlite
            articled size
            articled check-config --config articled.yaml
            """,
        version: Version.number,
        subcommands: [
            Serve.self, CheckConfig.self, ShowConfig.self, UserCommand.self, CreateSuperuser.self, TokenCommand.self,
            Backup.self, Restore.self, Check.self, Vacuum.self, Size.self,
        ])

    static func main() async {
        // What the store makes has accounts and hashes in it: it is for this user only, also in a directory that others
        // may look into.
        umask(0o077)
        do {
            try await Invocation(
                Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment
            ).run()
        } catch let error as ConfigurationError {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            Foundation.exit(error.exitStatus)
        } catch let error as StoreError {
            fail(error.description)
        } catch let error as ServiceError {
            fail(error.detail)
        } catch let error as CertificateError {
            fail(error.description)
        } catch let error as StartError {
            fail(error.description)
        } catch {
            exit(withError: error)
        }
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("articled: \(message)\n".utf8))
        Foundation.exit(1)
    }
}
