import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Whoever is told of changes: it says that it is there, as a subscription must hear, and keeps what it is told. */
final class Receiver implements AutoCloseable {
  private static final String TOKEN = "validationToken=";

  private final HttpServer http;
  private final List<JsonObject> told = new CopyOnWriteArrayList<>();

  Receiver() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          var query = String.valueOf(exchange.getRequestURI().getRawQuery());
          var token = query.contains(TOKEN) ? query.substring(query.indexOf(TOKEN) + TOKEN.length()) : "";
          var said = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          if (token.isEmpty()) {
            var notifications = JsonParser.parseString(said).getAsJsonObject().getAsJsonArray("value");
            notifications.forEach(one -> told.add(one.getAsJsonObject()));
          }
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

  /** The notifications until now, in the order in which they came. */
  List<JsonObject> told() {
    return List.copyOf(told);
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
