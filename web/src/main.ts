document.querySelector("main")!.textContent="soon"; export {};
