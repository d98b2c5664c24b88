// SPDX-License-Identifier: GPL-2.0

//! Finds the places of a crate that can be mutated.
//!
//! usage: places ROOT.rs
//!
//! Prints a line of JSON for each mutation of each place in the modules that `ROOT.rs` has: the
//! file, the place in bytes, how it is to be rewritten (`expression`, `statement`, `order` or `body`),
//! and what the mutation is.
//!
//! Left out is what is no code of the module (tests), and what cannot be chosen at run time
//! (constants, patterns, types, `const fn`). So is what is in a macro, but for the functions in
//! `export!`, and the call of a macro stays where it is. So are the orders of atomic operations: the
//! emulator of an x86 machine shows no difference between them.
//!
//! Nothing is known of types here: what is named like a constant may be no number, and the compiler
//! says so. These stay as they are, since it is not seen whether there is another choice:
//!
//! - what a function returns as a whole, unless that is a `bool`, an `Option` or a `Result<()>`;
//! - a call without a semicolon that an arm or an inner block ends with, which may be its value;
//! - the condition of a loop, but for the operators, numbers, constants and `is_...()` in it;
//! - a `let` that binds something, `return`, `break` and `loop`, which what is around them needs;
//! - the order of statements of which one has no semicolon.

mod others;

use others::{
    method,
    nothing,
    operators, //
};
use proc_macro2::Span;
use std::{
    env,
    fs,
    mem::replace,
    ops::Range,
    path::{
        Path,
        PathBuf, //
    }, //
};
use syn::{
    parse::{
        Parse,
        ParseStream, //
    },
    spanned::Spanned,
    visit::{
        self,
        Visit, //
    },
    *, //
};

/// The places of one file.
struct Places<'a> {
    path: &'a Path,
    text: &'a str,
    /// The name of the function that is being visited.
    function: String,
}

/// Whether a condition has mutations of its own, or cannot be negated.
fn is_mutated_itself(condition: &Expr) -> bool {
    match condition {
        Expr::Binary(_) | Expr::Unary(_) | Expr::Lit(_) | Expr::Let(_) => true,
        Expr::Paren(paren) => is_mutated_itself(&paren.expr),
        _ => false,
    }
}

fn returns_bool(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if matches!(&**ty, Type::Path(path) if path.path.is_ident("bool")))
}

fn is_of_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) => list.tokens.to_string().contains("KUNIT"),
        Meta::Path(path) => path.is_ident("test"),
        Meta::NameValue(_) => false,
    })
}

/// Whether a statement can be done before the one that is in front of it, or after the next.
fn can_move(statement: &Stmt) -> bool {
    match statement {
        Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Continue(_), _) => false,
        Stmt::Expr(Expr::Loop(_) | Expr::Macro(_), _) => false,
        Stmt::Expr(_, semicolon) => semicolon.is_some(),
        _ => false,
    }
}

fn is_constant(path: &ExprPath) -> bool {
    let name = path.path.segments.last().map(|last| last.ident.to_string());
    name.is_some_and(|name| {
        let is_upper = |letter: char| matches!(letter, 'A'..='Z' | '0'..='9' | '_');
        name.starts_with(|first: char| first.is_ascii_uppercase()) && name.chars().all(is_upper)
    })
}

/// What is in `export!` of `abi.rs`.
struct Exports {
    functions: Vec<ItemFn>,
}

impl Parse for Exports {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        // prefix: "...";
        input.parse::<Ident>()?;
        input.parse::<Token![:]>()?;
        input.parse::<Expr>()?;
        input.parse::<Token![;]>()?;
        let mut functions = Vec::new();
        while !input.is_empty() {
            functions.push(input.parse()?);
        }
        Ok(Self { functions })
    }
}

impl Places<'_> {
    fn source(&self, at: Range<usize>) -> &str {
        &self.text[at]
    }

    fn print(&self, kind: &str, at: Range<usize>, mutated: &str) {
        let Self { path, function, .. } = self;
        let Range { start, end } = at;
        println!(
            r#"{{"file": {path:?}, "function": {function:?}, "start": {start}, "end": {end}, "kind": "{kind}", "mutated": {mutated:?}}}"#
        );
    }

    /// An expression with another text for a part of it.
    fn replace(&self, at: Span, part: Span, text: &str) {
        let (at, part) = (at.byte_range(), part.byte_range());
        let (before, behind) = (at.start..part.start, part.end..at.end);
        let mutated = [self.source(before), text, self.source(behind)].concat();
        self.print("expression", at, &mutated);
    }

    /// The text of what another operator is for: `a as u8 < b` would be something else.
    fn operand(&self, operand: &Expr) -> String {
        let text = self.source(operand.span().byte_range());
        match operand {
            Expr::Binary(_) | Expr::Cast(_) => format!("({text})"),
            _ => text.to_owned(),
        }
    }

    fn negate(&self, condition: &Expr) {
        if !is_mutated_itself(condition) {
            let at = condition.span().byte_range();
            let mutated = format!("!({})", self.source(at.clone()));
            self.print("expression", at, &mutated);
        }
    }

    fn drop(&self, statement: Span) {
        self.print("statement", statement.byte_range(), "");
    }

    fn exchange(&self, first: &Stmt, second: &Stmt) {
        if can_move(first) && can_move(second) {
            let (first, second) = (first.span().byte_range(), second.span().byte_range());
            let at = first.start..second.end;
            let mutated = [self.source(second), " ", self.source(first)].concat();
            self.print("order", at, &mutated);
        }
    }

    /// Finds the places of a function, and those at its start and its end.
    fn function(&mut self, signature: &Signature, body: &Block) {
        // Nothing in it can be chosen at run time.
        if signature.constness.is_some() {
            return;
        }
        let outer = replace(&mut self.function, signature.ident.to_string());
        if let Some(value) = nothing(&signature.output) {
            let start = body.brace_token.span.open().byte_range().end;
            self.print("body", start..start, &format!("return {value};"));
        }
        self.tail(&signature.output, body);
        self.visit_block(body);
        self.function = outer;
    }

    /// What a function ends with, if its type says what it is.
    fn tail(&self, output: &ReturnType, body: &Block) {
        let Some(Stmt::Expr(last, None)) = body.stmts.last() else {
            return;
        };
        match (output, last) {
            (_, Expr::Block(block)) => self.tail(output, &block.block),
            (_, Expr::Unsafe(block)) => self.tail(output, &block.block),
            // Its arms, or what it has no else for, are places themselves.
            (_, Expr::If(_) | Expr::Match(_)) => {}
            (ReturnType::Default, _) => self.drop(last.span()),
            _ if returns_bool(output) => self.negate(last),
            _ => {}
        }
    }

    fn literal(&self, literal: &ExprLit) {
        let at = literal.span().byte_range();
        match &literal.lit {
            Lit::Bool(value) => self.print("expression", at, &(!value.value).to_string()),
            Lit::Int(number) => {
                let Ok(value) = number.base10_parse::<u64>() else {
                    return;
                };
                for other in [value.checked_add(1), value.checked_sub(1)] {
                    if let Some(other) = other {
                        let mutated = format!("{other}{}", number.suffix());
                        self.print("expression", at.clone(), &mutated);
                    }
                }
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Places<'_> {
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_expr_const(&mut self, _: &'ast ExprConst) {}
    fn visit_impl_item_const(&mut self, _: &'ast ImplItemConst) {}
    fn visit_item_const(&mut self, _: &'ast ItemConst) {}
    fn visit_item_enum(&mut self, _: &'ast ItemEnum) {}
    fn visit_item_static(&mut self, _: &'ast ItemStatic) {}
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_trait_item_const(&mut self, _: &'ast TraitItemConst) {}
    fn visit_type(&mut self, _: &'ast Type) {}

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.ident != "tests" && !is_of_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.function(&function.sig, &function.block);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        if item.mac.path.is_ident("export") {
            let exports: Exports = item.mac.parse_body().expect("exported functions");
            for function in &exports.functions {
                self.function(&function.sig, &function.block);
            }
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.sig, &function.block);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.function(&function.sig, body);
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        for (index, statement) in block.stmts.iter().enumerate() {
            let is_last = index + 1 == block.stmts.len();
            match statement {
                Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Loop(_), _) => {}
                Stmt::Expr(Expr::Macro(_), _) => {}
                Stmt::Expr(expr, None) if is_last => {
                    // It has no value, or it would need an else.
                    if matches!(expr, Expr::If(it) if it.else_branch.is_none()) {
                        self.drop(expr.span());
                    }
                }
                Stmt::Expr(..) => self.drop(statement.span()),
                Stmt::Local(Local {
                    pat: Pat::Wild(_), ..
                }) => self.drop(statement.span()),
                _ => {}
            }
        }
        for pair in block.stmts.windows(2) {
            self.exchange(&pair[0], &pair[1]);
        }
        visit::visit_block(self, block);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if let Some((_, guard)) = &arm.guard {
            self.negate(guard);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_if(&mut self, it: &'ast ExprIf) {
        self.negate(&it.cond);
        visit::visit_expr_if(self, it);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        for other in operators(&binary.op) {
            let (left, right) = (self.operand(&binary.left), self.operand(&binary.right));
            let at = binary.span().byte_range();
            self.print("expression", at, &format!("{left} {other} {right}"));
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        if let UnOp::Not(not) = unary.op {
            self.replace(unary.span(), not.span, "");
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        if let Some(other) = method(&name) {
            self.replace(call.span(), call.method.span(), other);
        }
        if name.starts_with("is_") || name.starts_with("has_") {
            self.negate(&Expr::MethodCall(call.clone()));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_lit(&mut self, literal: &'ast ExprLit) {
        self.literal(literal);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if is_constant(path) {
            let at = path.span().byte_range();
            let name = self.source(at.clone());
            for change in ["+ 1", "- 1"] {
                self.print("expression", at.clone(), &format!("{name} {change}"));
            }
        }
    }

    fn visit_expr_repeat(&mut self, repeat: &'ast ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }
}

/// Where the modules of `file` are that are files of their own.
fn modules(path: &Path, file: &File, is_root: bool) -> Vec<PathBuf> {
    let folder = if is_root {
        path.parent().unwrap_or(Path::new("")).to_owned()
    } else {
        path.with_extension("")
    };
    let is_file = |module: &&ItemMod| {
        module.content.is_none() && module.ident != "tests" && !is_of_tests(&module.attrs)
    };
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    });
    modules
        .filter(is_file)
        .map(|module| folder.join(format!("{}.rs", module.ident)))
        .collect()
}

fn visit_file(path: &Path, is_root: bool) {
    let text = fs::read_to_string(path).expect("a source that can be read");
    let file = parse_file(&text).expect("a source that can be parsed");
    let mut places = Places {
        path,
        text: &text,
        function: String::new(),
    };
    places.visit_file(&file);
    for module in modules(path, &file, is_root) {
        visit_file(&module, false);
    }
}

fn main() {
    let root = env::args().nth(1).expect("usage: places ROOT.rs");
    visit_file(Path::new(&root), true);
}
