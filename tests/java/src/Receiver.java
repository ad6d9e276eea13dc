import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** Whoever is told of changes: it says that it is there, as a subscription must hear. */
final class Receiver implements AutoCloseable {
  private static final String TOKEN = "validationToken=";

  private final HttpServer http;

  Receiver() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          var query = String.valueOf(exchange.getRequestURI().getRawQuery());
          var token = query.contains(TOKEN) ? query.substring(query.indexOf(TOKEN) + TOKEN.length()) : "";
          var words = URLDecoder.decode(token, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("content-type", "text/plain");
          exchange.sendResponseHeaders(200, words.length == 0 ? -1 : words.length);
          try (var body = exchange.getResponseBody()) {
            body.write(words);
          }
        });
    http.start();
  }

  String origin() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
