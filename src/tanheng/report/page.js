// Draws the charts in the chosen language, again when the language changes; fits them to paper.
(function () {
  "use strict";
  var charts = JSON.parse(document.getElementById("charts").textContent);
  var radios = document.querySelectorAll('input[name="language"]');
  var settings = {
    responsive: true,
    displaylogo: false,
    modeBarButtons: [["toImage"]],
    plotlyServerURL: "",
  };

  function language() {
    return document.getElementById("language-en").checked ? "en" : "zh";
  }

  // On a narrow screen names must leave room for bars.
  function fitted(layout) {
    var narrow = window.matchMedia("(max-width: 640px)").matches;
    if (!narrow || !layout.yaxis || !layout.yaxis.ticktext) { return layout; }
    var copy = JSON.parse(JSON.stringify(layout));
    copy.yaxis.ticktext = copy.yaxis.ticktext.map(function (text) {
      return text.length > 13 ? text.slice(0, 12).replace(/&[^;]*$/, "") + "…" : text;
    });
    copy.xaxis.nticks = 4;
    copy.font.size = 12;
    return copy;
  }

  function draw() {
    var chosen = language();
    document.documentElement.lang = chosen === "en" ? "en" : "zh-CN";
    Object.keys(charts).forEach(function (name) {
      var place = document.getElementById("chart-" + name);
      var figure = charts[name][chosen];
      if (place && figure.data.length) {
        Plotly.react(place, figure.data, fitted(figure.layout), settings);
      }
    });
  }

  function wanted() {
    var asked = new URLSearchParams(location.search).get("language");
    var known = asked || navigator.language || "zh";
    return known.toLowerCase().indexOf("zh") === 0 ? "zh" : "en";
  }

  document.getElementById("language-" + wanted()).checked = true;
  radios.forEach(function (radio) {
    radio.addEventListener("change", draw);
  });

  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (fold) { fold.open = true; });
    document.querySelectorAll(".chart").forEach(function (place) {
      // Drawing anew would not be done in time; the drawing is shrunk to the paper instead.
      var width = place.querySelector(".main-svg");
      if (width) { place.style.zoom = Math.min(1, 660 / width.getBoundingClientRect().width); }
    });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (fold) { fold.open = false; });
    document.querySelectorAll(".chart").forEach(function (place) { place.style.zoom = ""; });
  });

  draw();
})();
