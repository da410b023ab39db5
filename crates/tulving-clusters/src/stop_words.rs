//! Words that every text has.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::fold::fold;

/// Returns whether a word, folded, says nothing about a text.
pub(crate) fn contain(word: &str) -> bool {
    static ALL: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let words = LANGUAGES.iter().flat_map(|words| words.split_whitespace());
        words.map(fold).collect()
    });
    ALL.contains(word)
}

/// Returns whether a Chinese character is a word that every text has, or part of one.
pub(crate) fn is_han(c: char) -> bool {
    HAN.contains(c)
}

const HAN: &str = "的了是我你您他她它们們个個这這那哪和与與或在有不没沒也都就很还還会會能要想可以吗嗎呢吧啊么麼什为為\
怎被把让讓对對从從到给給用好请請来來去说說得着著过過之其而且但如果因所些每下上中里裡時时候";

/// One line or more for each language; words of conversations are among them.
const LANGUAGES: [&str; 8] = [
    // English
    "a about above across actually after again against ago all almost along already also although always am among an and \
     another any anybody anyone anything anyway anywhere are aren around as ask asked at away back basically be became \
     because become been before behind being below best better between both but by came can cannot certainly come comes \
     could couldn did didn different do does doesn doing don done down during each either else end enough especially etc \
     even ever every everyone everything exactly example far few find first following for found from further gave get gets \
     getting give given gives go goes going gone good got great had hadn half happen has hasn have haven having he hello \
     help her here hers herself hey hi him himself his hope how however i idea if im in indeed instead into is isn it its \
     itself ive just keep kind know last later least less let lets like likely little ll look looking looks lot lots made \
     main make makes making many may maybe me mean means might mine more most mostly much must my myself need needed needs \
     neither never new next nice no nobody none nor not note nothing now of off often oh ok okay old on once one ones only \
     onto or other others otherwise our ours ourselves out over own part particular people per perhaps place please point \
     possible probably put question quite rather re really right said same saw say says second see seem seems seen several \
     shall she should shouldn show shows simple simply since so some somebody someone something sometimes somewhere soon \
     sorry still stuff such sure take taken tell than thank thanks that the their theirs them themselves then there \
     therefore these they thing things think third this those though three through thus time times to today together too \
     took toward try trying two under understand unless until up upon us use used useful user uses using usually ve very \
     via want wanted wants was wasn way ways we well went were weren what whatever when where whether which while who whole \
     whom whose why will with within without won wonder word work works would wouldn wow yeah yes yet you your yours \
     yourself",
    // Chat: who speaks
    "human assistant chatgpt claude",
    // German
    "aber alle allem allen aller alles als also am an ander andere anderen anderer anderes auch auf aus bei beim bereits \
     besser bin bis bist bitte da dabei dadurch dafür dagegen daher damit danach dann daran darauf daraus darf darüber das \
     dass davon dazu dein deine dem den denn der deren des dessen deshalb dich die dies diese diesem diesen dieser dieses \
     dir doch dort du durch eben ein eine einem einen einer eines einfach einige einigen einmal er erst es etwa etwas euch \
     euer für ganz gar geht genau gerne gibt gilt gut habe haben hallo hast hat hatte hatten hier hin hinter ich ihm ihn \
     ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem jeden jeder jedes jedoch jetzt kann kannst kein \
     keine keinem keinen keiner können könnte machen mal man manche mehr mein meine meinem meinen meiner mich mir mit möchte \
     muss müssen nach nachdem natürlich neben nein nicht nichts noch nun nur ob oder oft ohne schon sehr sein seine seinem \
     seinen seiner seit selbst sich sie sind so sogar solche soll sollen sollte sollten sondern sonst sowie über um und uns \
     unser unsere unter viel viele vielen vom von vor wann war waren warum was weil weiter welche welchem welchen welcher \
     welches wenn wer werde werden weshalb wie wieder will wir wird wirklich wo wohl wollen worden wurde wurden würde würden \
     zu zum zur zwar zwei zwischen",
    // French
    "afin ai ainsi alors après as au aucun aucune aujourd aussi autre autres aux avait avant avec avez avoir avons beaucoup \
     bien bon bonjour car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci comme comment contre dans de \
     déjà depuis des deux doit donc dont du elle elles en encore entre es est et étaient était être eu eux fait faire fais \
     faites faut fois font hui ici il ils je jusqu la là le les lequel leur leurs lors lorsque lui ma mais me même mêmes \
     merci mes mieux moi moins mon ne ni nos notre nous on ont ou où oui par parce pas pendant peu peut peuvent peux plus \
     plusieurs plutôt pour pourquoi pouvez pouvoir puis puisque qu quand que quel quelle quelles quels quelque quelques qui \
     quoi rien sa sans se sera ses seulement si soit son sont sous souvent suis sur ta tant te tel telle tes toi ton toujours \
     tous tout toute toutes très trop tu un une va vais vers veux voici voilà vont vos votre voudrais vous vraiment",
    // Spanish
    "ahora al algo algún alguna algunas alguno algunos allí ante antes aquel aquella aquí así aunque bien buena bueno cada \
     casi como cómo con contra cosa cosas cual cuál cuáles cualquier cuando cuándo cuanto cuánto de debe del desde después \
     dónde donde dos durante el él ella ellas ellos en entonces entre era eran eres es esa esas ese eso esos esta está están \
     estar estas este esto estos estoy favor fue fueron gracias ha hace hacer hacia han has hasta hay haya he hola hoy la las \
     le les lo los luego más me mejor menos mi mí mientras mis misma mismo mucha muchas mucho muchos muy nada ni ningún \
     ninguna no nos nosotros nuestra nuestro nunca o os otra otras otro otros para pero poco podría por porque pueda puede \
     pueden puedes puedo pues que qué quien quién quiero sea según ser será si sí sido siempre sin sobre solo sólo somos son \
     soy su sus tal también tampoco tan tanto te tener tengo ti tiene tienen tienes toda todas todavía todo todos tu tú un \
     una unas uno unos usted ustedes va vamos ver vez y ya yo",
    // Portuguese
    "ainda algo alguém algum alguma algumas alguns ao aos apenas aquela aquele aqui as assim até bem boa bom cada com como \
     contra da das de dela dele deles depois desde dessa desse desta deste deve do dois dos duas durante e é ela elas ele eles \
     em então entre era essa essas esse esses esta está estão estar estas este estes estou eu faz fazer foi for foram havia há \
     isso isto já lá lhe mais mas me melhor menos mesma mesmo meu meus minha minhas muita muitas muito muitos na nada não nas \
     nem nenhum nessa nesse nesta neste no nos nós nossa nosso num numa nunca o obrigada obrigado olá onde os ou outra outras \
     outro outros para pela pelas pelo pelos pode podem poderia pois por porque posso pouco pra qual quais qualquer quando \
     quanto que quem quero são se seja sem sempre ser será seu seus sim sobre só sua suas também tem têm tenho ter teu toda \
     todas todo todos tua tudo um uma umas uns vai vamos você vocês vou",
    // Italian
    "abbiamo ad adesso agli ai al alcune alcuni alla alle allo allora altra altre altri altro anche ancora avere aveva ben bene \
     c che chi ci ciao ciò come con contro cosa cose così cui da dagli dai dal dalla dalle de degli dei del dell della delle \
     dello dentro devo di dopo dove due dunque e è ecco ed era erano essere fa fare fino fra gli grazie ha hai hanno ho i il in \
     infatti invece io la là le lei li lo loro lui ma mai me meglio meno mentre mi mia mie mio molta molte molti molto ne negli \
     nei nel nell nella nelle nessun nessuno niente no noi non nostra nostro o ogni oppure ora per perché però più poco poi \
     posso potrebbe prima proprio può qual quale quali qualche quando quanto quasi quella quelle quelli quello questa queste \
     questi questo qui quindi sarà se sei sempre senza si sì sia solo sono sopra sotto sta stato su sua sue sugli sui sul sulla \
     suo suoi tra troppo tu tua tuo tutta tutte tutti tutto un una uno va vai voglio voi vorrei",
    // Dutch
    "aan af al alle alleen alles als altijd ander andere anders ben bent beter bij bijvoorbeeld daar daarna dan dat de deze die \
     dit doe doen doet door dus echt een eens eerst en enkele er even gaan gaat geen geldt goed graag haar had hadden heb hebben \
     hebt heeft heel het hier hij hoe hoi hun iemand iets ik in is ja jaar je jij jou jouw jullie kan kun kunnen kunt maak maar \
     mag maken me meer meest men met mij mijn misschien moet moeten na naar nee niet niets nog nou nu of om omdat ons onze ook op \
     over per soms staat steeds te tegen ten terwijl toch toen tot tussen u uit uw van veel verder via vaak voor waar waarom wanneer \
     want waren was wat we weer weet wel welke werd werden weten wie wij wil wilt wordt worden ze zeer zelf zich zij zijn zo \
     zoals zonder zou zouden zullen",
];
