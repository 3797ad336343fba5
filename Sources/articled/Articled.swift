import ArgumentParser
import Crypto
import DequeModule
import GRDB
import Hummingbird
import Logging
import Mustache
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

@main
struct Articled: AsyncParsableCommand {
    func run() async throws {}
}
